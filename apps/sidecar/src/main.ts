import { sentenceOf } from './credential.js'
import { createLog } from './log.js'
import { readSettings } from './settings.js'
import { type Sidecar, startSidecar } from './sidecar.js'

/** Of this program; put in place by `tools/bundle-sidecar.mjs`. */
declare const sidecarVersion: string

const help = `The Azure certificate sidecar of Gatehouse: passes requests on to API_BASE_URL with a token of Entra ID.

Usage: node main.js [--help | --version]

It takes no other arguments; its settings are environment variables. Required are
AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_CERTIFICATE_PATH and API_BASE_URL.`

/** Milliseconds within which signals are one: npm and a launcher pass on what the whole group was sent already. */
const echoMs = 500

/** Answers what was asked for instead of a start. What was given is not repeated: it may be a secret. */
function answer(args: readonly string[]): void {
  const texts = new Map([
    ['--help', help],
    ['--version', sidecarVersion],
  ])
  const text = args.length === 1 ? texts.get(args[0] ?? '') : undefined
  if (text !== undefined) return void process.stdout.write(`${text}\n`)
  process.stderr.write(
    'The sidecar takes no arguments but --help and --version; its settings are environment variables.\n',
  )
  process.exitCode = 2
}

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

if (process.argv.length > 2) answer(process.argv.slice(2))
else
  main().catch((error: unknown) => {
    process.stderr.write(`${sentenceOf(error)}\n`)
    process.exit(1)
  })
