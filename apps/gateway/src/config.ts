import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Values } from '@gatehouse/contracts'
import { type SignInValues, sessionVariables, signInProblems, signInVariables } from '@gatehouse/identity'
import { modelVariables } from '@gatehouse/llm'
import { ConfigError, coreVariables, type ExampleSection, parseVariables } from '@gatehouse/platform'

import { isLoopbackHost } from './local-issuer/loopback.js'

/** Every variable there is, in the order of `.env.example`. */
export const sections: ExampleSection[] = [
  { title: 'The server', variables: coreVariables },
  { title: 'Session tokens', variables: sessionVariables },
  { title: 'Sign-in', variables: signInVariables },
  { title: 'Model providers', variables: modelVariables },
]

/** The configuration of one gateway process, checked. */
export interface GatewayConfig {
  production: boolean
  host: string
  port: number
  /** Origin without a slash at its end. */
  publicUrl: string
  databaseUrl: string | undefined
  /** Absolute. */
  dataDir: string
  jwtSecret: string
  jwtSecretPrevious: string | undefined
  accessTokenSeconds: number
  adminEmails: readonly string[]
  allowedDomains: readonly string[]
  /** The embedded OpenID provider is on: development, on loopback alone. */
  localSignIn: boolean
  keepContent: 'own' | 'all' | 'none'
  contentRetentionDays: number
  corsOrigins: readonly string[]
  trustProxy: readonly string[]
  metricsToken: string | undefined
  drainSeconds: number
  graceSeconds: number
  logLevel: string
  logDirectory: string | undefined
  logContent: boolean
  signIn: SignInValues
  /** Values of the model providers' variables, by name. */
  models: Record<string, unknown>
  /** Sentences that the start prints: settings that work and that somebody may not mean. */
  warnings: string[]
}

/**
 * Reads the configuration, once, at start.
 * @param environment as `readEnvironment` gives it
 * @throws ConfigError naming the variable, what is wrong and how to mend it
 */
export function loadConfig(environment: Record<string, string>): GatewayConfig {
  const core = parseVariables(coreVariables, environment)
  const session = parseVariables(sessionVariables, environment)
  const signIn = parseVariables(signInVariables, environment)
  const models = parseVariables(modelVariables, environment)
  const [problem] = signInProblems(signIn)
  if (problem) throw new ConfigError(problem.variable, problem.message)

  const production = core.NODE_ENV === 'production'
  if (core.PORT === 0) throw new ConfigError('PORT', 'must be between 1 and 65535')
  const host = core.HOST ?? (production ? '0.0.0.0' : '127.0.0.1')
  const publicUrl = core.PUBLIC_URL ?? `http://localhost:${core.PORT}`
  if (production && publicUrl.startsWith('http:') && !isLoopbackHost(new URL(publicUrl).hostname)) {
    throw new ConfigError(
      'PUBLIC_URL',
      'must be https in production, since sign-in and tokens travel over it',
    )
  }
  const dataDir = resolve(core.DATA_DIR)
  return {
    production,
    host,
    port: core.PORT,
    publicUrl,
    databaseUrl: core.DATABASE_URL,
    dataDir,
    jwtSecret: sessionSecret(session, production, dataDir),
    jwtSecretPrevious: session.JWT_SECRET_PREVIOUS,
    accessTokenSeconds: session.ACCESS_TOKEN_EXPIRE_MINUTES * 60,
    adminEmails: core.ADMIN_EMAILS.length > 0 || production ? core.ADMIN_EMAILS : [localAdmin],
    allowedDomains: core.ALLOWED_EMAIL_DOMAINS,
    localSignIn: !production && isLoopbackHost(host) && isLoopbackHost(new URL(publicUrl).hostname),
    keepContent: core.KEEP_CONTENT,
    contentRetentionDays: core.CONTENT_RETENTION_DAYS,
    corsOrigins: core.CORS_ORIGINS,
    trustProxy: core.TRUST_PROXY,
    metricsToken: core.METRICS_TOKEN,
    drainSeconds: core.DRAIN_TIMEOUT_SECONDS,
    graceSeconds: core.SHUTDOWN_GRACE_SECONDS ?? (production ? 5 : 0),
    logLevel: core.LOG_LEVEL,
    logDirectory: core.LOG_DIR,
    logContent: core.LOG_CONTENT,
    signIn,
    models,
    warnings: production ? insecureAddresses({ ...signIn, ...models }) : [],
  }
}

/** The admin that development has unless ADMIN_EMAILS says otherwise; the banner's token is theirs. */
export const localAdmin = 'admin@localhost'

function sessionSecret(
  session: Values<typeof sessionVariables>,
  production: boolean,
  dataDir: string,
): string {
  if (session.JWT_SECRET) return session.JWT_SECRET
  if (production) {
    throw new ConfigError('JWT_SECRET', 'is required in production. Make one with: openssl rand -base64 48')
  }
  const file = join(dataDir, 'jwt-secret')
  mkdirSync(dataDir, { recursive: true })
  try {
    writeFileSync(file, randomBytes(48).toString('base64'), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new ConfigError('DATA_DIR', `cannot be written: ${(error as Error).message}`)
  }
  return readFileSync(file, 'utf8').trim()
}

/** The operator's word is taken for http addresses; in production it is repeated once, in case it was a slip. */
function insecureAddresses(values: Record<string, unknown>): string[] {
  return Object.entries(values).flatMap(([name, value]) =>
    typeof value === 'string' && /^http:\/\//.test(value) && !isLoopbackHost(new URL(value).hostname)
      ? [`${name} is an http address: what goes there can be read on the way.`]
      : [],
  )
}
