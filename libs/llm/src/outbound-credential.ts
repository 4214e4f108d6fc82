import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { readCertificateFile } from '@gatehouse/outbound'
import type { Connection, CredentialKind, Provider } from './provider.js'

/** With what the gateway goes to a provider over one connection; names, never values. */
export interface OutboundCredential {
  /** The provider's id. */
  provider: string
  /** The provider's name, for people. */
  name: string
  /** The connection's id. */
  connection: string
  kind: CredentialKind
  /** Names of the variables that hold it, or that name the file in which it is. */
  variables: string[]
  file: string | null
  /** Since when it holds, or when its file was last written; null where nobody can know. */
  createdAt: Date | null
  expiresAt: Date | null
  /** Why its file cannot be used, in a sentence for the administrator. */
  problem: string | null
}

/**
 * Says what is known of a connection's credential. A certificate is read for its dates; of any other file the age alone.
 * @param values of the provider's variables, by name
 */
export async function describeCredential(
  provider: Provider,
  connection: Connection,
  values: Record<string, unknown>,
): Promise<OutboundCredential> {
  const { credential: kind, credentialFile: file } = connection
  const holds = (name: string) =>
    file === undefined ? kind === 'api_key' && isSecret(provider, name) : values[name] === file
  return {
    provider: provider.id,
    name: provider.name,
    connection: connection.id,
    kind,
    variables: Object.keys(provider.variables).filter((name) => values[name] && holds(name)),
    file: file ?? null,
    ...(file === undefined
      ? { createdAt: null, expiresAt: null, problem: null }
      : kind === 'certificate'
        ? await datesOfCertificate(file)
        : await ageOf(file)),
  }
}

const isSecret = (provider: Provider, name: string) => provider.variables[name]?.secret === true

type Dates = Pick<OutboundCredential, 'createdAt' | 'expiresAt' | 'problem'>

async function datesOfCertificate(file: string): Promise<Dates> {
  try {
    // At no time at all: of one that has expired the dates are wanted as well.
    const { certificate } = await readCertificateFile(file, Number.NaN)
    return { createdAt: certificate.validFromDate, expiresAt: certificate.validToDate, problem: null }
  } catch (error) {
    return unusable(error)
  }
}

async function ageOf(file: string): Promise<Dates> {
  try {
    await access(file, constants.R_OK)
    return { createdAt: (await stat(file)).mtime, expiresAt: null, problem: null }
  } catch (error) {
    return unusable(error)
  }
}

const unusable = (error: unknown): Dates => ({
  createdAt: null,
  expiresAt: null,
  problem: error instanceof Error ? error.message : 'The file cannot be read.',
})
