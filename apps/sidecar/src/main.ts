import { sentenceOf } from './credential.js'
import { createLog } from './log.js'
import { readSettings } from './settings.js'
import { type Sidecar, startSidecar } from './sidecar.js'

/** Milliseconds within which signals are one: npm and a launcher pass on what the whole group was sent already. */
const echoMs = 500

async function main(): Promise<void> {
  const { settings, warnings } = readSettings(process.env)
  // Whoever reads the log may go before we do.
  process.stdout.on('error', () => {})
  const log = createLog(settings.logLevel, (line) => void process.stdout.write(line))
  let sidecar: Sidecar | undefined
  let signalledAt = Number.NEGATIVE_INFINITY
  const stop = (signal: string) => {
    if (performance.now() - signalledAt < echoMs) return
    // The second one means now.
    if (!sidecar || signalledAt > 0) process.exit(sidecar ? 1 : 0)
    signalledAt = performance.now()
    log.info(`${signal}: stopping`)
    sidecar.close().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal))

  for (const warning of warnings) log.warn(warning)
  sidecar = await startSidecar(settings, log)
  log.info('listening', {
    url: sidecar.url,
    upstream: settings.upstream.href,
    ...(sidecar.metricsUrl ? { metrics: `${sidecar.metricsUrl}/metrics` } : {}),
  })
}

main().catch((error: unknown) => {
  process.stderr.write(`${sentenceOf(error)}\n`)
  process.exit(1)
})
