import { AppError } from '@gatehouse/contracts'
import { type ProviderStatus, readRetryAfter } from '../failure.js'
import { providerName } from './bedrock-content.js'

/** Where no source of the chain has a credential; for the administrator. */
export const noCredentials =
  'No AWS credentials were found: neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, nor AWS_BEARER_TOKEN_BEDROCK, nor a profile, nor a role of the machine or pod.'

/** Exceptions of the stream have no status of their own. */
const streamStatuses = new Map<string, number>([
  ['ThrottlingException', 429],
  ['ValidationException', 400],
  ['InternalServerException', 500],
  ['ServiceUnavailableException', 503],
  ['ModelStreamErrorException', 424],
])

/** https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html */
export function readAwsError(error: unknown): ProviderStatus | AppError | undefined {
  if (!(error instanceof Error)) return undefined
  if (error.name === 'CredentialsProviderError' || error.name === 'TokenProviderError') {
    return new AppError('provider_not_configured', {
      message: `${providerName}: ${noCredentials}`,
      cause: error,
    })
  }
  const named = streamStatuses.get(error.name)
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined
  const of = (name: string): unknown =>
    typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, name) : undefined
  const answered = Number(of('httpStatusCode') ?? 0)
  // A status of success with an error is a body that could not be read, unless the stream named an exception.
  const status = answered >= 400 ? answered : named
  if (status === undefined) return undefined
  const response: unknown = '$response' in error ? error.$response : undefined
  const headers: unknown =
    typeof response === 'object' && response !== null ? Reflect.get(response, 'headers') : undefined
  const header = (name: string) =>
    typeof headers === 'object' && headers !== null
      ? (Reflect.get(headers, name) as string | undefined)
      : undefined
  return {
    status,
    // `$fault` marks what AWS itself said; anything else is the parser's own sentence.
    message: '$fault' in error ? error.message : undefined,
    retryAfterSeconds: readRetryAfter(header),
    ...(typeof of('requestId') === 'string' ? { requestId: String(of('requestId')) } : {}),
  }
}
