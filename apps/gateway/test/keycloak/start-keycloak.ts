import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@gatehouse/testing'
import { until } from '../harness.js'

/** A Keycloak of a test's own. */
export interface Keycloak {
  /** Origin without a slash at its end. */
  url: string
  /** Twice is once. */
  close(): Promise<void>
}

/** Milliseconds; the first start of an unpacked distribution puts its parts together, half a minute on an idle machine. */
const patienceMs = 240_000

/**
 * Starts a Keycloak with one realm, on a free port of loopback and with data of its own.
 * https://www.keycloak.org/server/importExport
 * @param home an unpacked distribution; its `data` is not touched
 * @param environment what the placeholders of the realm stand for
 * @throws Error with what it printed, when it does not serve the realm
 */
export async function startKeycloak(
  home: string,
  realm: { file: string; name: string },
  environment: Record<string, string>,
): Promise<Keycloak> {
  // Its home is where its script is: the script is copied, everything else but the data is the distribution's.
  const own = mkdtempSync(join(tmpdir(), 'gatehouse-keycloak-'))
  mkdirSync(join(own, 'bin'))
  copyFileSync(join(home, 'bin', 'kc.sh'), join(own, 'bin', 'kc.sh'))
  for (const name of readdirSync(home))
    if (name !== 'bin' && name !== 'data') symlinkSync(join(home, name), join(own, name))
  mkdirSync(join(own, 'data', 'import'), { recursive: true })
  copyFileSync(realm.file, join(own, 'data', 'import', 'realm.json'))

  const port = await freePort()
  const url = `http://localhost:${port}`
  const child = spawn(
    'sh',
    [
      join(own, 'bin', 'kc.sh'),
      'start-dev',
      '--import-realm',
      '--http-host=127.0.0.1',
      `--http-port=${port}`,
      `--hostname=${url}`,
    ],
    {
      // A group of its own: the script starts Java as another process.
      detached: true,
      env: { PATH: process.env.PATH, JAVA_HOME: process.env.JAVA_HOME, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  let ended = false
  const exited = new Promise<void>((done) =>
    child.on('close', () => {
      ended = true
      done()
    }),
  )
  const close = async () => {
    if (!ended) process.kill(-(child.pid ?? 0), 'SIGTERM')
    await exited
    rmSync(own, { recursive: true, force: true })
  }
  try {
    await until(async () => {
      if (ended) throw new Error('it ended')
      const answer = await fetch(`${url}/realms/${realm.name}`).catch(() => null)
      return answer?.status === 200
    }, patienceMs)
  } catch (error) {
    await close()
    throw new Error(`Keycloak does not serve the realm ${realm.name}:\n${output}`, { cause: error })
  }
  return { url, close }
}
