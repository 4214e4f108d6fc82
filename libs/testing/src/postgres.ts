import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { freePort } from './free-port.js'

/** A Postgres server of a test. */
export interface PostgresServer {
  /** `postgres://…` of a database, for the superuser. */
  url(database?: string): string
  /** Makes a database, empty or a copy of another one. */
  createDatabase(options?: { name?: string; template?: string }): Promise<string>
  /** Drops a database together with its connections. */
  dropDatabase(name: string): Promise<void>
  /** Ends the server: connections are closed with a message (fast) or just gone (immediate, as a crash). */
  stop(mode?: 'fast' | 'immediate'): Promise<void>
  /** Starts it again on the same port, with the same data; as a standby it only reads. */
  start(options?: { standby?: boolean }): Promise<void>
  /** Ends it and removes its data. */
  remove(): Promise<void>
}

/** Why no server can be started here, or undefined when one can: the reason of a skip. */
export function postgresMissing(): string | undefined {
  return binaries()
    ? undefined
    : 'no Postgres server is installed (looked in /usr/lib/postgresql and /usr/local/bin)'
}

/** Folder of `initdb` and `postgres`, the newest version first. */
function binaries(): string | undefined {
  const root = '/usr/lib/postgresql'
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [
    ...versions.map((version) => join(root, version, 'bin')),
    '/usr/local/bin',
    '/usr/local/pgsql/bin',
  ]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
}

/** Postgres refuses to run as root: the user to run it as then, whose folder must be reachable for it. */
function owner(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('postgres:'))
  const [, , uid, gid] = line?.split(':') ?? []
  return { uid: Number(uid ?? 65534), gid: Number(gid ?? 65534) }
}

/**
 * Starts a throwaway server on a free port of loopback, without the waits for the disk.
 *
 * Its time zone is not UTC, so that code which counts on the server's fails here and not at a customer's.
 *
 * @throws Error when none is installed, see `postgresMissing`, or it does not start
 */
export async function startPostgres(): Promise<PostgresServer> {
  const bin = binaries()
  if (!bin) throw new Error(postgresMissing())
  const user = owner()
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-postgres-'))
  const password = randomUUID()
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (user.uid !== undefined && user.gid !== undefined)
    for (const path of [folder, passwordFile]) chownSync(path, user.uid, user.gid)
  const data = join(folder, 'data')
  const initdb = [
    '-D',
    data,
    '-U',
    'tester',
    '-A',
    'scram-sha-256',
    '--pwfile',
    passwordFile,
    '-E',
    'UTF8',
    '--locale=C',
    '-N',
  ]
  await promisify(execFile)(join(bin, 'initdb'), initdb, { ...user, cwd: folder })
  const port = await freePort()
  // A commit reaches the system before it is answered (synchronous_commit stays on): a killed server loses nothing.
  const quick = ['fsync=off', 'full_page_writes=off', 'timezone=Asia/Kolkata']
  const settings = [...quick, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', `port=${port}`]

  const url = (database = 'postgres'): string => `postgres://tester:${password}@127.0.0.1:${port}/${database}`
  let child: ChildProcess | undefined
  const endChild = (): void => void child?.kill('SIGQUIT')

  const start = async ({ standby = false } = {}): Promise<void> => {
    if (standby) writeFileSync(join(data, 'standby.signal'), '')
    else rmSync(join(data, 'standby.signal'), { force: true })
    const started = spawn(
      join(bin, 'postgres'),
      ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
      {
        ...user,
        cwd: folder,
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
    child = started
    let log = ''
    started.stderr?.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-4_000)
    })
    for (let attempt = 0; ; attempt += 1) {
      if (started.exitCode !== null || attempt > 200) throw new Error(`Postgres did not start: ${log}`)
      if (await answers(url())) return
      await delay(50)
    }
  }
  const stop = async (mode: 'fast' | 'immediate' = 'fast'): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT')
    await ended
  }

  process.once('exit', endChild)
  await start()
  return {
    ...administration(url),
    url,
    start,
    stop,
    async remove() {
      await stop('immediate')
      process.off('exit', endChild)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/**
 * A server that runs already, named by the URL of a superuser. It is never stopped or started.
 */
export function existingPostgres(address: string): PostgresServer {
  const url = (database?: string): string => {
    const parsed = new URL(address)
    if (database !== undefined) parsed.pathname = `/${database}`
    return parsed.href
  }
  const refuse = async (): Promise<void> => {
    throw new Error('This server belongs to somebody else: a test that stops one starts its own.')
  }
  return { ...administration(url), url, start: refuse, stop: refuse, remove: async () => {} }
}

function administration(
  url: (database?: string) => string,
): Pick<PostgresServer, 'createDatabase' | 'dropDatabase'> {
  const run = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: url() })
    await client.connect()
    try {
      await client.query(sql)
    } finally {
      await client.end()
    }
  }
  return {
    async createDatabase({ name = `test_${randomUUID().replaceAll('-', '')}`, template = 'template0' } = {}) {
      await run(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${pg.escapeIdentifier(template)}`)
      return name
    },
    dropDatabase: (name) => run(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`),
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 })
  // A server that goes down while it says hello breaks the connection once more.
  client.on('error', () => {})
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}
