import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { AcquiredToken, Transport } from '@gatehouse/outbound'
import type { AuthClient, gaxios } from 'google-auth-library'
import { isFields } from '../translation/fields.js'
import { authFetch } from './google-auth-fetch.js'
import { acquireMachineToken } from './google-metadata.js'

/** Where Application Default Credentials are looked for, as far as the variables say. */
export interface CredentialSettings {
  /** A credential file. */
  file: string | undefined
  /** Folder of gcloud's configuration; the user's own where absent. */
  gcloudFolder: string | undefined
  /** Host of the metadata server, with a port or without; the machine's own where absent. */
  metadataHost: string | undefined
}

/** A token, and what is known of the credential behind it. */
export interface GoogleToken extends AcquiredToken {
  kind: 'api_key' | 'workload_identity'
  /** The project that is billed, where the credential names one. */
  quotaProject: string | undefined
}

/** There is no credential, or none that can be used. The message is for the administrator. */
export class CredentialProblem extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.name = 'CredentialProblem'
  }
}

const noCredentials =
  'No Google credentials were found: neither GOOGLE_APPLICATION_CREDENTIALS, nor a file of gcloud, nor a service account of the machine or pod.'

const scope = 'https://www.googleapis.com/auth/cloud-platform'

/**
 * A new token by Application Default Credentials: the file that is named, that of gcloud, the metadata server. The file
 * is read each time, so that a key that was replaced is taken up.
 * https://cloud.google.com/docs/authentication/application-default-credentials
 * @throws CredentialProblem, or what the library or the transport threw
 */
export async function acquireGoogleToken(
  settings: CredentialSettings,
  transport: Transport,
  signal: AbortSignal,
): Promise<GoogleToken> {
  const file = await readCredential(settings)
  if (file) return acquireByFile(file, transport, signal)
  const token = await acquireMachineToken(settings.metadataHost, transport, signal)
  if ('absent' in token) throw new CredentialProblem(noCredentials, token.absent)
  return { ...token, kind: 'workload_identity', quotaProject: undefined }
}

type Fields = Record<string, unknown>

async function readCredential({ file, gcloudFolder }: CredentialSettings): Promise<Fields | undefined> {
  if (file) return parse(await read(file, 'GOOGLE_APPLICATION_CREDENTIALS'), 'GOOGLE_APPLICATION_CREDENTIALS')
  const folder = gcloudFolder || defaultFolder()
  const text = await read(join(folder, 'application_default_credentials.json'), 'gcloud')
  return text === undefined ? undefined : parse(text, 'gcloud')
}

function defaultFolder(): string {
  return process.platform === 'win32'
    ? join(homedir(), 'AppData', 'Roaming', 'gcloud')
    : join(homedir(), '.config', 'gcloud')
}

async function read(path: string, origin: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (origin === 'gcloud') return undefined
    throw new CredentialProblem(`The file that ${origin} names cannot be read.`, cause)
  }
}

function parse(text: string | undefined, origin: string): Fields {
  let value: unknown
  try {
    value = JSON.parse(text ?? '')
  } catch {
    // Without its cause, which quotes the file: a private key, for instance.
    value = undefined
  }
  if (isFields(value)) return value
  throw new CredentialProblem(`The credential file of ${origin} is not one of Google's.`)
}

async function acquireByFile(file: Fields, transport: Transport, signal: AbortSignal): Promise<GoogleToken> {
  const client = await openClient(file, authFetch(transport, signal))
  const { token } = await client.getAccessToken()
  const { expiry_date: endsAt } = client.credentials
  return {
    value: token ?? '',
    expiresInSeconds: endsAt ? (endsAt - Date.now()) / 1000 : undefined,
    kind: kindOf(file),
    quotaProject: client.quotaProjectId,
  }
}

/** Keys and refresh tokens live until somebody revokes them; what a federated workload brings does not. */
function kindOf({ type }: Fields): GoogleToken['kind'] {
  return type === 'external_account' ? 'workload_identity' : 'api_key'
}

/** The library's own choice by `type` warns on the console, and takes files that start programs. */
async function openClient(file: Fields, fetchImplementation: typeof fetch): Promise<AuthClient> {
  const { AwsClient, gaxios, IdentityPoolClient, JWT, UserRefreshClient } = await import(
    'google-auth-library'
  )
  const transporter = new gaxios.Gaxios({ fetchImplementation })
  // Interceptors would write tokens to the log where the environment asks the library for one.
  const options = { transporter, useAuthRequestParameters: false }
  const source = isFields(file.credential_source) ? file.credential_source : {}
  try {
    if (file.type === 'service_account') {
      const client = new JWT({ ...options, scopes: [scope] })
      client.fromJSON(file)
      return client
    }
    if (file.type === 'authorized_user') {
      const client = new UserRefreshClient(options)
      client.fromJSON(file)
      return client
    }
    if (
      file.type === 'external_account' &&
      ('file' in source || 'url' in source || 'environment_id' in source)
    ) {
      const given = { ...file, ...options } as unknown as ConstructorParameters<typeof AwsClient>[0] &
        ConstructorParameters<typeof IdentityPoolClient>[0]
      const client = 'environment_id' in source ? new AwsClient(given) : new IdentityPoolClient(given)
      useTransporter(client, transporter)
      return client
    }
  } catch (cause) {
    throw new CredentialProblem('The credential file of Google is not whole.', cause)
  }
  throw new CredentialProblem(
    'The credential file of Google is of a kind that is not used here: take a service account key, a workload identity federation by file, address or AWS, or the file of gcloud.',
  )
}

/** The library asks the token service of a federation by a client of its own, past the one that it was given. */
function useTransporter(client: AuthClient, transporter: gaxios.Gaxios): void {
  const service: unknown = Reflect.get(client, 'stsCredential')
  if (!isFields(service) || !('transporter' in service))
    throw new Error('google-auth-library has changed: its token service has no transporter.')
  service.transporter = transporter
}
