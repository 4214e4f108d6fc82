import { isIP } from 'node:net'
import { isLogLevel, type LogLevel } from './log.js'

/** What the sidecar is told by its environment. */
export interface Settings {
  clientId: string
  tenantId: string
  /** PEM with certificate and private key. */
  certificatePath: string
  /** The one place requests go to, with a path where all of them lie below it. */
  upstream: URL
  scope: string
  /** Microsoft's public cloud where absent. */
  authority: string | undefined
  host: string
  port: number
  /** What callers must bring; none on loopback, if the operator wants it so. */
  callerKey: string | undefined
  metricsPort: number | undefined
  logLevel: LogLevel
  /** Milliseconds that what runs has to end, once the sidecar is told to stop. */
  drainMs: number
}

/** A variable that cannot be used. The message names it and says how to mend it; it holds no secret. */
export class SettingsError extends Error {
  override name = 'SettingsError'
}

type Environment = Readonly<Record<string, string | undefined>>

const required = ['AZURE_CLIENT_ID', 'AZURE_TENANT_ID', 'AZURE_CERTIFICATE_PATH', 'API_BASE_URL'] as const
/** RFC 6750 section 2.1. */
const bearer = /^[A-Za-z0-9\-._~+/]+=*$/

/**
 * Reads the variables of contract and how-to page; an empty one is absent.
 * @returns the settings, and a sentence for each that is allowed and unwise
 * @throws SettingsError
 */
export function readSettings(environment: Environment): { settings: Settings; warnings: string[] } {
  const read = (name: string) => environment[name]?.trim() || undefined
  const missing = required.filter((name) => read(name) === undefined)
  if (missing.length > 0)
    throw new SettingsError(`Missing required Azure AD configuration: ${missing.join(', ')}`)

  const settings: Settings = {
    clientId: read('AZURE_CLIENT_ID') ?? '',
    tenantId: read('AZURE_TENANT_ID') ?? '',
    certificatePath: read('AZURE_CERTIFICATE_PATH') ?? '',
    upstream: address('API_BASE_URL', read('API_BASE_URL') ?? ''),
    scope: read('AZURE_SCOPE') ?? 'https://cognitiveservices.azure.com/.default',
    authority:
      read('AZURE_AUTHORITY_HOST') &&
      address('AZURE_AUTHORITY_HOST', read('AZURE_AUTHORITY_HOST') ?? '').href,
    host: read('HOST') ?? '127.0.0.1',
    port: whole('PORT', read('PORT') ?? '8080', 65_535),
    callerKey: callerKey(read('SIDECAR_API_KEY')),
    metricsPort:
      read('METRICS_PORT') === undefined
        ? undefined
        : whole('METRICS_PORT', read('METRICS_PORT') ?? '', 65_535),
    logLevel: level(read('LOG_LEVEL') ?? 'info'),
    drainMs: whole('DRAIN_TIMEOUT_SECONDS', read('DRAIN_TIMEOUT_SECONDS') ?? '60', 86_400) * 1000,
  }
  if (!isLoopback(settings.host) && settings.callerKey === undefined) {
    throw new SettingsError(
      `HOST: ${settings.host} can be reached from outside, where anyone could use this identity; set SIDECAR_API_KEY, which callers then send as their key, or leave HOST at 127.0.0.1`,
    )
  }
  if (settings.metricsPort !== undefined && settings.metricsPort === settings.port && settings.port !== 0)
    throw new SettingsError('METRICS_PORT: is the same as PORT; each needs one of its own')
  return { settings, warnings: warningsOf(settings) }
}

/** Whether only this machine, or this pod, reaches an address. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase()
  if (name === 'localhost' || name.endsWith('.localhost') || name === '::1') return true
  return isIP(name) === 4 && name.startsWith('127.')
}

function warningsOf({ upstream, authority, callerKey: key }: Settings): string[] {
  const warnings: string[] = []
  if (upstream.protocol === 'http:' && !isLoopback(upstream.hostname))
    warnings.push('API_BASE_URL is http: tokens and prompts go over the network unencrypted')
  if (authority?.startsWith('http:') && !isLoopback(new URL(authority).hostname))
    warnings.push('AZURE_AUTHORITY_HOST is http: tokens go over the network unencrypted')
  if (key !== undefined && key.length < 20)
    warnings.push('SIDECAR_API_KEY is short: take at least 20 random characters')
  return warnings
}

function address(name: string, value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (!url || !/^https?:$/.test(url.protocol))
    throw new SettingsError(`${name}: is no address; it looks like https://NAME.openai.azure.com`)
  if (url.username || url.password || url.search || url.hash)
    throw new SettingsError(`${name}: must not hold a user, a password, a query or a fragment`)
  return url
}

function whole(name: string, value: string, most: number): number {
  if (/^\d{1,9}$/.test(value) && Number(value) <= most) return Number(value)
  throw new SettingsError(`${name}: must be a whole number up to ${most}`)
}

function callerKey(value: string | undefined): string | undefined {
  if (value === undefined || bearer.test(value)) return value
  throw new SettingsError('SIDECAR_API_KEY: may hold letters, digits and -._~+/ alone, as a bearer token may')
}

function level(value: string): LogLevel {
  if (isLogLevel(value)) return value
  throw new SettingsError('LOG_LEVEL: must be one of debug, info, warn, error')
}
