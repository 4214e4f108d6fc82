import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createLogger } from '@gatehouse/platform'
import {
  createPostgresDatabase,
  freePort,
  type OpenIdIssuer,
  type StandIn,
  startAnthropic,
  startAzure,
  startBedrock,
  startGemini,
  startOpenAi,
  startOpenIdIssuer,
} from '@gatehouse/testing'
import { describe, inject } from 'vitest'
import { createGateway, type Gateway } from '../src/boot.js'
import { loadConfig } from '../src/config.js'

/** An answer, read whole. */
export interface Answer<T = Record<string, never>> {
  status: number
  headers: Headers
  text: string
  json: T
}

/** How a test asks. */
export interface Asking {
  method?: string
  token?: string | undefined
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
}

/** A gateway that a test talks to over a real socket. */
export interface TestGateway {
  url: string
  dataDir: string
  ask<T = Record<string, unknown>>(path: string, asking?: Asking): Promise<Answer<T>>
  close(): Promise<void>
}

/** In this process: fast, and its parts can be looked at. */
export interface InnerGateway extends TestGateway {
  gateway: Gateway
}

/** A process of its own: can be killed. */
export interface OuterGateway extends TestGateway {
  pid: number
  /** What it printed so far. */
  output(): string
  kill(signal: NodeJS.Signals): void
  /** Exit code, once it has ended. */
  exited: Promise<number | null>
}

/** Starts a gateway in this process, ready to serve. */
export async function startGateway(environment: Record<string, string> = {}): Promise<InnerGateway> {
  const settings = await withDefaults(environment)
  const config = loadConfig(settings)
  const gateway = await createGateway(
    config,
    createLogger({ level: 'fatal', directory: environment.LOG_DIR }),
  )
  await gateway.listen()
  await gateway.ready
  // Asked for in the background: what a test counts at a provider begins after it.
  await gateway.models.list()
  // Not the public address, which two gateways may share.
  const url = `http://localhost:${config.port}`
  return {
    url,
    dataDir: config.dataDir,
    gateway,
    ask: asker(url),
    async close() {
      await gateway.close()
      if (environment.DATA_DIR === undefined) rmSync(config.dataDir, { recursive: true, force: true })
    },
  }
}

/** Starts a gateway as a process, from the build. */
export async function spawnGateway(
  environment: Record<string, string> = {},
  waitFor: 'ready' | 'live' | 'exit' = 'ready',
): Promise<OuterGateway> {
  const settings = await withDefaults(environment)
  const url = settings.PUBLIC_URL ?? ''
  const child = spawn(process.execPath, [resolve('dist/apps/gateway/src/main.js')], {
    cwd: resolve('.'),
    env: { PATH: process.env.PATH, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  let ended = false
  const exited = new Promise<number | null>((done) =>
    child.on('exit', (code) => {
      ended = true
      done(code)
    }),
  )
  const origin = `http://localhost:${settings.PORT}`
  const self: OuterGateway = {
    url,
    dataDir: settings.DATA_DIR ?? '',
    pid: child.pid ?? 0,
    output: () => output,
    kill: (signal) => void child.kill(signal),
    exited,
    ask: asker(origin),
    async close() {
      if (!ended) child.kill('SIGTERM')
      await exited
      if (environment.DATA_DIR === undefined)
        rmSync(settings.DATA_DIR ?? '', { recursive: true, force: true })
    },
  }
  if (waitFor === 'exit') {
    await exited
    return self
  }
  await until(async () => {
    if (ended) throw new Error(`the gateway ended:\n${output}`)
    const answer = await self.ask(waitFor === 'ready' ? '/ready' : '/health').catch(() => null)
    return answer?.status === 200
  }, 30_000)
  return self
}

async function withDefaults(environment: Record<string, string>): Promise<Record<string, string>> {
  const port = environment.PORT ?? String(await freePort())
  return {
    PORT: port,
    PUBLIC_URL: `http://localhost:${port}`,
    DATA_DIR: environment.DATA_DIR ?? mkdtempSync(join(tmpdir(), 'gatehouse-')),
    LOG_LEVEL: 'warn',
    ...environment,
  }
}

function asker(origin: string) {
  return async <T>(path: string, asking: Asking = {}): Promise<Answer<T>> => {
    const { method = asking.body === undefined ? 'GET' : 'POST', token, body, headers, signal } = asking
    const response = await fetch(`${origin}${path}`, {
      method,
      redirect: 'manual',
      ...(signal ? { signal } : {}),
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch {
      json = undefined
    }
    return { status: response.status, headers: response.headers, text, json: json as T }
  }
}

/** Waits until a condition holds. @throws Error after `withinMs` */
export async function until(condition: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`it did not come true within ${withinMs} ms: ${condition}`)
    await new Promise((done) => setTimeout(done, 25))
  }
}

/** Somebody with an account and a session token. */
export interface Person {
  id: string
  token: string
  email: string
}

/** An issuer that plays Google, the variables that turn it on, and a way to make people. */
export interface People {
  issuer: OpenIdIssuer
  environment: Record<string, string>
  /** An ID token of somebody; the subject is made from the address. */
  idToken(email: string, claims?: Record<string, unknown>): string
  /** Registers somebody at a gateway. */
  register(at: TestGateway, email: string): Promise<Person>
  /** Signs somebody in who is registered. @returns the token of a new session */
  signIn(at: TestGateway, email: string): Promise<string>
  close(): Promise<void>
}

/** The admin of every test gateway. */
export const adminEmail = 'root@example.com'

/** Starts the issuer. */
export async function startPeople(): Promise<People> {
  const issuer = await startOpenIdIssuer({ clientId: 'google-client' })
  const idToken = (email: string, claims: Record<string, unknown> = {}) =>
    issuer.mint({
      claims: { sub: `sub-${email}`, email, email_verified: true, name: email.split('@')[0], ...claims },
    })
  return {
    issuer,
    idToken,
    environment: {
      GOOGLE_CLIENT_ID: issuer.clientId,
      GOOGLE_CLIENT_SECRET: issuer.clientSecret,
      GOOGLE_ISSUER_URL: issuer.issuer,
      ADMIN_EMAILS: adminEmail,
    },
    async register(at, email) {
      const body = { provider: 'google', id_token: idToken(email) }
      const answer = await at.ask<{ access_token: string; user_id: string }>('/auth/register', { body })
      if (answer.status !== 201) throw new Error(`register: ${answer.status} ${answer.text}`)
      return { id: answer.json.user_id, token: answer.json.access_token, email }
    },
    async signIn(at, email) {
      const body = { provider: 'google', id_token: idToken(email) }
      const answer = await at.ask<{ access_token: string }>('/auth/login', { body })
      if (answer.status !== 200) throw new Error(`login: ${answer.status} ${answer.text}`)
      return answer.json.access_token
    },
    close: () => issuer.close(),
  }
}

/** The key that the stand-in for OpenAI is called with. */
export const openAiKey = 'sk-up-0123456789abcdefghijklmnop'

/** How each stand-in starts, and the variables by which a gateway calls it. */
const vendors = {
  openai: {
    start: startOpenAi,
    variables: ({ url }: StandIn) => ({ OPENAI_API_KEY: openAiKey, OPENAI_BASE_URL: `${url}/v1` }),
  },
  gemini: {
    start: startGemini,
    variables: ({ url }: StandIn) => ({
      GOOGLE_API_KEY: 'AIzaSyGatehouseStandIn0123456789',
      GOOGLE_GEMINI_BASE_URL: url,
    }),
  },
  bedrock: {
    start: startBedrock,
    variables: ({ url }: StandIn) => ({
      AWS_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url,
      AWS_BEARER_TOKEN_BEDROCK: 'ABSK-test-0123456789',
    }),
  },
  anthropic: {
    start: startAnthropic,
    variables: ({ url }: StandIn) => ({
      ANTHROPIC_API_KEY: 'anthropic-key-00000000',
      ANTHROPIC_BASE_URL: url,
    }),
  },
  azure: {
    start: startAzure,
    variables: ({ url }: StandIn) => ({
      AZURE_OPENAI_ENDPOINT: url,
      AZURE_OPENAI_API_KEY: 'azure-key-0000000000000000',
    }),
  },
} satisfies Record<string, { start(): Promise<StandIn>; variables(standIn: StandIn): Record<string, string> }>

type Vendor = keyof typeof vendors

/** What most tests need before they begin. */
export interface House {
  people: People
  /** Those that were asked for, by their names. */
  standIns: Record<Vendor, StandIn>
  openai: StandIn
  /** Has signed in. */
  root: Person
  /** Ends all of it, in order. */
  close(): Promise<void>
}

/** What a house is to have. */
export interface HouseOptions {
  /** Behind the gateway; OpenAI alone unless told. */
  vendors?: readonly Vendor[]
  /** Variables beside those of the people and of the stand-ins, over which they go; undefined for one that is not to be set. */
  environment?: Record<string, string | undefined>
}

/** One gateway on a database of its own, with people to sign in and stand-ins behind it. */
export async function startHouse(options: HouseOptions = {}): Promise<House & { gateway: InnerGateway }> {
  const { environment, ...parts } = await startParts(options)
  const gateway = await startGateway(whereSet(environment))
  return {
    ...parts,
    gateway,
    root: await parts.people.register(gateway, adminEmail),
    async close() {
      // Also where a test has closed it, which cannot be done twice.
      await gateway.close().finally(parts.close)
    },
  }
}

/**
 * Two gateways on one Postgres, with people to sign in and stand-ins behind them. They start at the same moment on an
 * empty database, and have one public address and one secret, as behind a load balancer: a token of one holds at the other.
 * @param start `startGateway`, or `spawnGateway` for processes of their own
 */
export async function startPair<Started extends TestGateway>(
  start: (environment: Record<string, string>) => Promise<Started>,
  options: HouseOptions = {},
): Promise<House & { one: Started; two: Started; databaseUrl: string }> {
  const postgres = await createPostgresDatabase({ empty: true })
  const { environment, ...parts } = await startParts(options)
  const port = String(await freePort())
  const common = whereSet({
    JWT_SECRET: 'x8Qn2vLr7TzKp4Yw9JdHs6FgBc3MaEu1RiOo',
    PUBLIC_URL: `http://localhost:${port}`,
    DATABASE_URL: postgres.url,
    ...environment,
  })
  const [one, two] = await Promise.all([start({ ...common, PORT: port }), start(common)])
  return {
    ...parts,
    one,
    two,
    databaseUrl: postgres.url,
    root: await parts.people.register(one, adminEmail),
    async close() {
      await Promise.all([one.close(), two.close()])
      await parts.close()
      await postgres.drop()
    },
  }
}

const whereSet = (environment: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )

async function startParts({ vendors: wanted = ['openai'], environment = {} }: HouseOptions) {
  const people = await startPeople()
  const started = await Promise.all(wanted.map(async (name) => [name, await vendors[name].start()] as const))
  const standIns = Object.fromEntries(started) as Record<Vendor, StandIn>
  return {
    people,
    standIns,
    openai: standIns.openai,
    environment: {
      ...people.environment,
      ...Object.assign({}, ...started.map(([name, standIn]) => vendors[name].variables(standIn))),
      ...environment,
    } as Record<string, string | undefined>,
    async close() {
      await Promise.all([people, ...started.map(([, standIn]) => standIn)].map((part) => part.close()))
    },
  }
}

/** A suite that needs a Postgres server: skipped by name where there is none. */
export function describeOnPostgres(name: string, body: () => void): void {
  const server = inject('postgres')
  const missing = 'missing' in server ? server.missing : undefined
  describe.skipIf(missing !== undefined)(`${name}${missing ? ` (skipped: ${missing})` : ''}`, body)
}

/** The JSON of each `data:` line of an event stream. */
export function events(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)) as Record<string, unknown>)
}
