import 'reflect-metadata'
import type { SignIn } from '@gatehouse/identity'
import { createLogger, placeOf, readEnvironment } from '@gatehouse/platform'
import { banner } from './banner.js'
import { createGateway, type Gateway } from './boot.js'
import { loadConfig } from './config.js'
import { SIGN_IN } from './tokens.js'
import { version } from './version.js'

/** Signals so far, and other reasons to stop. */
let stops = 0
/** Milliseconds within which signals are one: npm and a launcher pass on what the whole group was sent already. */
const echoMs = 500
/** Milliseconds after which the start says that it waits for a database server. */
const patienceMs = 1500

async function main(): Promise<void> {
  const { values, ...file } = readEnvironment()
  const config = loadConfig(values, file)
  const logger = createLogger({
    level: config.logLevel,
    directory: config.logDirectory,
    pretty: process.stdout.isTTY && !config.production,
  })
  let gateway: Gateway | undefined
  let signalledAt = Number.NEGATIVE_INFINITY
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
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (performance.now() - signalledAt < echoMs) return
      signalledAt = performance.now()
      stop(signal, 0)
    })
  }
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'nothing handled this error; it is a defect')
    stop('an error that nothing handled', 1)
  })

  gateway = await createGateway(config, logger, () => stop('the database failed', 1))
  await gateway.listen()
  const waiting = setTimeout(() => {
    if (gateway && config.databaseUrl && gateway.database.state().phase === 'starting')
      process.stdout.write(
        `\nGatehouse ${version} listens at ${config.publicUrl} and waits for the database at ${placeOf(config.databaseUrl)} (DATABASE_URL); it serves as soon as that is there.\n\n`,
      )
  }, patienceMs)
  await gateway.ready.finally(() => clearTimeout(waiting))
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
  process.stderr.write(`Gatehouse did not start. ${inWords(error)}\n`)
  process.exit(1)
})

/** A sentence of ours stands for itself; of what nobody foresaw, the kind is told too. */
function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const ours = ['Error', 'ConfigError', 'MigrationError'].includes(error.name)
  return ours ? error.message : `${error.name}: ${error.message}`
}
