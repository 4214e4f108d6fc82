// Keycloak's own distribution, for `npm run test:keycloak`: fetched once from Maven Central, checked by content, and kept
// in node_modules/.cache, which `npm ci` empties.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'

/** The version of deploy/kubernetes/keycloak and docker-compose.yml; tools/check-deploy.mjs holds them together. */
export const keycloakVersion = '26.7.3'
const sha256 = '77657f30b7e90d70f727712ce1c967f430fd6a5e9f458d32d8c6df0635345f47'
const name = `keycloak-quarkus-dist-${keycloakVersion}.tar.gz`
const address = `https://repo1.maven.org/maven2/org/keycloak/keycloak-quarkus-dist/${keycloakVersion}/${name}`
const cache = join(dirname(fileURLToPath(import.meta.url)), '..', 'node_modules', '.cache', 'keycloak')
/** Keycloak 26 is compiled for Java 17. */
const oldestJava = 17

/**
 * The folder of an unpacked Keycloak, fetched where it is not there yet.
 *
 * @returns {Promise<{ home: string } | { missing: string }>} missing: a sentence that says what is absent
 * @throws {Error} when what was fetched is not what was asked for
 */
export async function keycloakHome() {
  const absent = absentProgram()
  if (absent) return { missing: absent }
  const home = join(cache, `keycloak-${keycloakVersion}`)
  if (existsSync(home)) return { home }
  const archive = join(cache, name)
  mkdirSync(cache, { recursive: true })
  try {
    await download(archive)
  } catch (error) {
    rmSync(archive, { force: true })
    return { missing: `Maven Central does not answer (${error.cause?.message ?? error.message})` }
  }
  const found = await hashOf(archive)
  if (found !== sha256) {
    rmSync(archive)
    throw new Error(`${address} has the SHA-256 ${found}, not ${sha256}. It was removed.`)
  }
  // Unpacked beside and renamed: a run that was interrupted leaves nothing that looks whole.
  const unpacked = join(cache, `unpacking-${process.pid}`)
  mkdirSync(unpacked)
  try {
    execFileSync('tar', ['-xzf', archive, '-C', unpacked])
    renameSync(join(unpacked, `keycloak-${keycloakVersion}`), home)
  } finally {
    rmSync(unpacked, { recursive: true, force: true })
    rmSync(archive, { force: true })
  }
  return { home }
}

/** @returns {string | undefined} what this machine lacks, in words */
function absentProgram() {
  // `java -version` prints to the standard error.
  const java = printed('java', ['-version'])
  const version = Number(/version "(\d+)/.exec(java ?? '')?.[1] ?? 0)
  if (java === undefined || version === 0) return 'there is no Java on the PATH'
  if (version < oldestJava)
    return `Java ${version} is too old: Keycloak ${keycloakVersion} needs ${oldestJava} or newer`
  for (const program of ['tar', 'curl'])
    if (printed(program, ['--version']) === undefined) return `there is no ${program} on the PATH`
  return undefined
}

/** All that a program prints, or undefined where there is none. */
function printed(program, args) {
  try {
    return execFileSync('sh', ['-c', '"$0" "$@" 2>&1', program, ...args], { encoding: 'utf8' })
  } catch {
    return undefined
  }
}

async function download(file) {
  const response = await fetch(address, { signal: AbortSignal.timeout(600_000) })
  if (!response.ok) throw new Error(`${address}: ${response.status}`)
  await pipeline(Readable.fromWeb(response.body), createWriteStream(file))
}

async function hashOf(file) {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk)
  return hash.digest('hex')
}
