import { createPrivateKey, createPublicKey, generateKeyPair, type JsonWebKey } from 'node:crypto'
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { calculateJwkThumbprint, type JWK } from 'jose'

/** The private key of the local issuer as a JWK, with its thumbprint (RFC 7638) as `kid`. */
export type IssuerKey = JsonWebKey & { kid: string; alg: 'RS256'; use: 'sig' }

/**
 * Reads the key of the local issuer from `dataDir`, or makes one there, readable by its owner alone. It is kept so that the
 * keys which the gateway has cached still fit after a restart. Throws an Error that names the file.
 */
export async function loadSigningKey(dataDir: string): Promise<IssuerKey> {
  const file = join(dataDir, 'local-issuer-key.pem')
  await mkdir(dataDir, { recursive: true })
  const pem = (await create(file)) ?? (await read(file))
  try {
    const key = createPrivateKey(pem)
    const thumbprint = await calculateJwkThumbprint(createPublicKey(pem).export({ format: 'jwk' }) as JWK)
    return { ...key.export({ format: 'jwk' }), kid: thumbprint, alg: 'RS256', use: 'sig' }
  } catch (cause) {
    throw new Error(`${file} is not a private key. Delete it, and a new one is made at the next start.`, {
      cause,
    })
  }
}

/** Null where there is a key already. */
async function create(file: string): Promise<string | null> {
  if (await stat(file).catch(() => null)) return null
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  try {
    await writeFile(file, pem, { mode: 0o600, flag: 'wx' })
    return pem
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null
    throw error
  }
}

async function read(file: string): Promise<string> {
  // Restored from a copy, it may have become readable to others.
  if (((await stat(file)).mode & 0o077) !== 0) await chmod(file, 0o600)
  return readFile(file, 'utf8')
}
