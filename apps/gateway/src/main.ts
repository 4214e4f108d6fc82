import 'reflect-metadata'
import { readFileSync } from 'node:fs'
import type { SignIn } from '@gatehouse/identity'
import { ConfigError, createLogger, readEnvironment } from '@gatehouse/platform'
import { banner } from './banner.js'
import { createGateway, type Gateway } from './boot.js'
import { loadConfig } from './config.js'
import { SIGN_IN } from './tokens.js'

const manifest = new URL('../../../../package.json', import.meta.url)
const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
/** Signals so far, and other reasons to stop. */
let stops = 0

async function main(): Promise<void> {
  const config = loadConfig(readEnvironment())
  const logger = createLogger({
    level: config.logLevel,
    directory: config.logDirectory,
    pretty: process.stdout.isTTY && !config.production,
  })
  let gateway: Gateway | undefined
  const stop = (why: string, code: number) => {
    stops++
    if (stops > 1 || !gateway) {
      // The second one means now: what is in the spool stays there for the next start.
      logger.warn(`${why}: stopping at once`)
      process.exit(stops > 1 ? 1 : code)
    }
    logger.info(`${why}: stopping`)
    gateway.close().then(
      () => process.exit(code),
      (error: unknown) => {
        logger.error({ err: error }, 'the stop failed')
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', () => stop('SIGTERM', 0))
  process.on('SIGINT', () => stop('SIGINT', 0))
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'nothing handled this error; it is a defect')
    stop('an error that nothing handled', 1)
  })

  gateway = await createGateway(config, logger, () => stop('the database failed', 1))
  await gateway.listen()
  await gateway.ready
  process.stdout.write(
    banner({
      config,
      version,
      seconds: performance.now() / 1000,
      signIn: gateway.app.get<SignIn>(SIGN_IN).list(),
      models: gateway.models.status(),
      database: gateway.database.kind,
      // A convenience: without it the start goes on all the same.
      token: await gateway.localToken().catch((error: unknown) => {
        logger.warn({ err: error }, 'no token of the local admin could be made')
        return null
      }),
    }),
  )
}

main().catch((error: unknown) => {
  // It was asked to stop while it waited for something: no failure of the start.
  if (stops > 0) return
  const line =
    error instanceof ConfigError
      ? error.message
      : error instanceof Error
        ? `${error.name}: ${error.message}`
        : String(error)
  process.stderr.write(`Gatehouse did not start. ${line}\n`)
  process.exit(1)
})
