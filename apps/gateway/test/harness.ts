import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createLogger } from '@gatehouse/platform'
import { type OpenIdIssuer, startOpenIdIssuer } from '@gatehouse/testing'
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

/** A port that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  await new Promise<void>((done) => server.close(() => done()))
  return typeof address === 'object' && address ? address.port : 0
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
    close: () => issuer.close(),
  }
}

/** The JSON of each `data:` line of an event stream. */
export function events(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)) as Record<string, unknown>)
}
