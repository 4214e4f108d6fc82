import { randomBytes, randomUUID } from 'node:crypto'
import { accessSync, constants, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { BlockList, isIP } from 'node:net'
import { join, resolve } from 'node:path'
import type { SettingView, Values } from '@gatehouse/contracts'
import {
  environmentIssuer,
  type SignInValues,
  sessionVariables,
  signInProblems,
  signInVariables,
  type TrustedIssuer,
} from '@gatehouse/identity'
import { modelVariables } from '@gatehouse/llm'
import {
  ConfigError,
  coreVariables,
  type Environment,
  type ExampleSection,
  makeFolder,
  parseVariables,
} from '@gatehouse/platform'

import { ignoredSettings, wantedProviders } from './ignored-settings.js'
import { isLoopbackHost } from './local-issuer/loopback.js'
import { readRouting } from './routing/read-routing.js'
import type { Routing } from './routing/routing.js'
import { settingsOf } from './settings.js'

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
  /** False: everybody is one local principal, and `/v1` and the probes alone are served; on loopback, in development. */
  enableAuth: boolean
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
  /** Whose tokens machines may present: of the variables, and of `gatehouse.yaml`. */
  issuers: readonly TrustedIssuer[]
  /** Values of the model providers' variables, by name. */
  models: Record<string, unknown>
  /** Ids of the model providers of which a variable is set. */
  wantedModels: ReadonlySet<string>
  /** What `gatehouse.yaml` says; undefined where there is none. */
  routing: Routing | undefined
  /** Every variable as it was given; nothing secret. */
  settings: readonly SettingView[]
  /** Sentences that the start prints: settings that work and that somebody may not mean. */
  warnings: string[]
}

/**
 * Reads the configuration, once, at start.
 * @param environment the values of `readEnvironment`
 * @param file what else `readEnvironment` gives; without a folder, `gatehouse.yaml` is read where GATEHOUSE_CONFIG names it
 * @throws ConfigError naming the variable, what is wrong and how to mend it
 */
export function loadConfig(
  environment: Record<string, string>,
  file: Partial<Omit<Environment, 'values'>> = {},
): GatewayConfig {
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
  if (!core.ENABLE_AUTH) refuseWithoutAuth({ production, host, publicUrl, trustProxy: core.TRUST_PROXY })
  const routing = readRouting({
    path: core.GATEHOUSE_CONFIG,
    folder: file.folder,
    environment,
    models,
    production,
    issuer: environmentIssuer(signIn),
  })
  // What is in there is for its owner alone: prompts that wait in the spool, the secret of the sessions.
  const dataDir = writableFolder('DATA_DIR', resolve(core.DATA_DIR), 0o700)
  const given = {
    inFile: file.inFile ?? [],
    unreadableLines: file.unreadableLines ?? [],
    names: new Set(Object.keys(environment).filter((name) => environment[name]?.trim())),
    known: new Set([
      ...sections.flatMap(({ variables }) => Object.keys(variables)),
      ...(routing?.refersTo ?? []),
    ]),
    signIn,
    models,
    production,
  }
  return {
    production,
    host,
    port: core.PORT,
    publicUrl,
    databaseUrl: core.DATABASE_URL,
    dataDir,
    jwtSecret: sessionSecret(session, production, dataDir),
    jwtSecretPrevious: session.JWT_SECRET_PREVIOUS,
    enableAuth: core.ENABLE_AUTH,
    accessTokenSeconds: session.ACCESS_TOKEN_EXPIRE_MINUTES * 60,
    adminEmails: core.ADMIN_EMAILS.length > 0 || production ? core.ADMIN_EMAILS : [localAdmin],
    allowedDomains: core.ALLOWED_EMAIL_DOMAINS,
    localSignIn:
      core.ENABLE_AUTH && !production && isLoopbackHost(host) && isLoopbackHost(new URL(publicUrl).hostname),
    keepContent: core.KEEP_CONTENT,
    contentRetentionDays: core.CONTENT_RETENTION_DAYS,
    corsOrigins: core.CORS_ORIGINS,
    trustProxy: core.TRUST_PROXY,
    metricsToken: core.METRICS_TOKEN,
    drainSeconds: core.DRAIN_TIMEOUT_SECONDS,
    graceSeconds: core.SHUTDOWN_GRACE_SECONDS ?? (production ? 5 : 0),
    logLevel: core.LOG_LEVEL,
    logDirectory: core.LOG_DIR && writableFolder('LOG_DIR', core.LOG_DIR),
    logContent: core.LOG_CONTENT,
    signIn,
    issuers: trustedIssuers(signIn, routing),
    models,
    wantedModels: wantedProviders(given),
    routing,
    settings: settingsOf({
      sections,
      environment,
      fromFile: file.fromFile ?? [],
      refersTo: routing?.refersTo ?? [],
    }),
    warnings: [
      ...ignoredSettings(given),
      ...(production && core.DATABASE_URL === undefined ? [embeddedInProduction(dataDir)] : []),
      ...(production ? doubtfulAddresses({ ...signIn, ...models, ...addressesIn(routing) }) : []),
    ],
  }
}

/** The file's word on opaque tokens goes before that of the variables, which have the secret for the sign-in as well. */
function trustedIssuers(signIn: SignInValues, routing: Routing | undefined): TrustedIssuer[] {
  const written = routing?.issuers ?? []
  const issuer = environmentIssuer(signIn)
  if (!issuer) return [...written]
  const introspection = written.some((other) => other.introspection) ? null : issuer.introspection
  return [{ ...issuer, introspection }, ...written]
}

function embeddedInProduction(dataDir: string): string {
  return `DATABASE_URL is not set: accounts and history are in ${dataDir}, which this process alone can use. Keep that folder and back it up, or name a Postgres server.`
}

/** Whoever can reach a gateway without sign-in spends its owner's money. @throws ConfigError */
function refuseWithoutAuth(settings: {
  production: boolean
  host: string
  publicUrl: string
  trustProxy: readonly string[]
}): void {
  const { production, host, publicUrl, trustProxy } = settings
  const refuse = (reason: string) => {
    throw new ConfigError('ENABLE_AUTH', `cannot be false ${reason}`)
  }
  if (production) refuse('in production. Take it out, and configure a way to sign in')
  if (!isLoopbackHost(host)) refuse(`while HOST is ${host}: others could reach it. Set HOST=127.0.0.1`)
  if (!isLoopbackHost(new URL(publicUrl).hostname))
    refuse(`while PUBLIC_URL is ${publicUrl}: others are meant to reach it. Take one of the two out`)
  if (trustProxy.length > 0)
    refuse('behind a proxy, through which everybody comes from this machine. Take it or TRUST_PROXY out')
}

/** The admin that development has unless ADMIN_EMAILS says otherwise; the banner's token is theirs. */
export const localAdmin = 'admin@localhost'

/** Makes a folder unless it is there. @throws ConfigError where it cannot be made or written to */
function writableFolder(variable: string, path: string, mode = 0o777): string {
  try {
    makeFolder(path, mode)
    accessSync(path, constants.W_OK | constants.X_OK)
    return path
  } catch (error) {
    throw new ConfigError(
      variable,
      `${path} cannot be written to as a folder (${(error as Error).message}). Name another one`,
    )
  }
}

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
  try {
    // By renaming: whenever the process is killed, the file is there whole or not at all.
    if (!holdsSecret(file)) {
      const draft = `${file}.${randomUUID()}`
      writeFileSync(draft, randomBytes(48).toString('base64'), { mode: 0o600, flag: 'wx' })
      renameSync(draft, file)
    }
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new ConfigError('DATA_DIR', `${file} cannot be read or made (${(error as Error).message})`)
  }
}

/** What a crash left half written is no secret; session tokens need 32 bytes (RFC 7518 section 3.2). */
function holdsSecret(file: string): boolean {
  try {
    return Buffer.byteLength(readFileSync(file, 'utf8').trim()) >= 32
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

/** RFC 1918, RFC 6598, RFC 3927, RFC 4193 and RFC 4291: addresses that lead to something in one's own network. */
const privateRanges = new BlockList()
for (const [network, prefix, family] of [
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
] as const)
  privateRanges.addSubnet(network, prefix, family)

/** By where they stand in the file. */
function addressesIn(routing: Routing | undefined): Record<string, unknown> {
  const named = (routing?.connections ?? []).flatMap(({ id, values }) =>
    Object.entries(values).map(([name, value]) => [`${name} of connection ${id}`, value]),
  )
  const issuers = (routing?.issuers ?? []).flatMap(({ id, issuer, discovery, keysAddress, introspection }) =>
    Object.entries({
      address: issuer,
      discovery,
      jwks_uri: keysAddress,
      endpoint: introspection?.endpoint,
    }).map(([name, value]) => [`${name} of issuer ${id}`, value]),
  )
  return Object.fromEntries([...named, ...issuers])
}

/** The operator's word is taken for http and private addresses; in production it is repeated once, in case it was a slip. */
function doubtfulAddresses(values: Record<string, unknown>): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    if (typeof value !== 'string' || !/^https?:\/\//.test(value) || !URL.canParse(value)) return []
    const { protocol, hostname } = new URL(value)
    if (isLoopbackHost(hostname)) return []
    return [
      ...(protocol === 'http:'
        ? [`${name} is an http address: what goes there can be read on the way.`]
        : []),
      ...(isPrivate(hostname) ? [`${name} is an address of a private network.`] : []),
    ]
  })
}

/** Whether a host of an address, which `URL` has brought into its one form, lies in a private range. */
function isPrivate(hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, '')
  const version = isIP(address)
  return version !== 0 && privateRanges.check(address, version === 4 ? 'ipv4' : 'ipv6')
}
