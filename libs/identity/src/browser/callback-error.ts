import { AppError } from '@gatehouse/contracts'
import { AuthorizationResponseError, ResponseBodyError } from 'openid-client'
import { issuerUnavailable } from '../unavailable.js'

/** What went wrong at the callback, as a sentence with its mend; what the provider wrote itself stays in the cause. */
export function callbackError(error: unknown, provider: string): AppError {
  const inner = findAppError(error)
  if (inner) return inner
  if (error instanceof AuthorizationResponseError) return refusedSignIn(error, provider)
  if (error instanceof ResponseBodyError) return refusedCode(error, provider)
  return new AppError('sign_in_failed', {
    message: `The answer of ${provider} does not belong to the sign-in of this browser. Start it again.`,
    cause: withoutBody(error),
  })
}

/** What openid-client throws carries the whole answer along, codes and tokens too; the log gets the sentences alone. */
function withoutBody(error: unknown): Error {
  const sentences: string[] = []
  for (let at = error; at instanceof Error && sentences.length < 3; at = at.cause) sentences.push(at.message)
  return new Error(sentences.join(': '))
}

/** openid-client wraps what our fetch throws. */
function findAppError(error: unknown): AppError | null {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (at instanceof AppError) return at
  }
  return null
}

/** Error codes of RFC 6749 section 4.1.2.1 and OpenID Connect Core 1.0 section 3.1.2.6. */
function refusedSignIn(error: AuthorizationResponseError, provider: string): AppError {
  const cause = new Error(`the provider answered ${error.error}: ${error.error_description ?? ''}`)
  switch (error.error) {
    case 'access_denied':
      return new AppError('sign_in_cancelled', {
        message: `The sign-in was cancelled or refused at ${provider}. Start it again, or choose another way to sign in.`,
        cause,
      })
    case 'server_error':
    case 'temporarily_unavailable':
      return issuerUnavailable(cause, `${provider} cannot sign anybody in at the moment. Try again soon.`)
    case 'login_required':
    case 'interaction_required':
    case 'account_selection_required':
    case 'consent_required':
      return new AppError('sign_in_failed', {
        message: `${provider} needs you to sign in there first. Start the sign-in again.`,
        cause,
      })
    default:
      return new AppError('sign_in_failed', {
        message: `${provider} refused the sign-in. An administrator has to check how this gateway is registered there.`,
        cause,
      })
  }
}

/** Error codes of RFC 6749 section 5.2, and GitHub's. */
function refusedCode(error: ResponseBodyError, provider: string): AppError {
  const cause = new Error(`the token endpoint answered ${error.error}: ${error.error_description ?? ''}`)
  if (error.error === 'invalid_grant' || error.error === 'bad_verification_code')
    return new AppError('sign_in_failed', {
      message: `The code of ${provider} has expired or was used before. Start the sign-in again.`,
      cause,
    })
  return issuerUnavailable(
    cause,
    `${provider} refuses the credential of this gateway. An administrator has to check the client id and secret of ${provider}.`,
  )
}
