import { AppError } from '@gatehouse/contracts'
import { type CancelSignal, createTokenSource, type TokenSource, type Transport } from '@gatehouse/outbound'
import {
  acquireGoogleToken,
  CredentialProblem,
  type CredentialSettings,
  type GoogleToken,
} from './google-credentials.js'

/** The tokens of one connection. */
export interface GoogleTokens {
  /** @throws AppError `provider_not_configured` where there is no credential, `upstream_auth_unavailable` where it gives no token */
  get(transport: Transport, signal: CancelSignal): Promise<string>
  /** Says that Vertex AI refused this token. */
  refused(token: string): void
  /** What is known of the credential; before the first token that is nothing. */
  known(): Pick<GoogleToken, 'kind' | 'quotaProject'> | undefined
  /** Tokens that were given out, the last two; for scrubbing. */
  secrets(): readonly string[]
}

/** One source for the check at the start and for every call. */
export function createGoogleTokens(settings: CredentialSettings, provider: string): GoogleTokens {
  let source: TokenSource | undefined
  let held: GoogleToken | undefined
  let secrets: string[] = []

  const acquire = (transport: Transport) => async (signal: AbortSignal) => {
    held = await acquireGoogleToken(settings, transport, signal)
    secrets = [held.value, ...secrets].slice(0, 2)
    return held
  }

  return {
    known: () => held,
    secrets: () => secrets,
    refused: (token) => source?.invalidate(token),
    async get(transport, signal) {
      source ??= createTokenSource({ acquire: acquire(transport) })
      try {
        return await source.get(signal)
      } catch (cause) {
        if (signal.aborted) throw signal.reason
        // A credential that was there before is only out of reach.
        if (cause instanceof CredentialProblem && !held) {
          throw new AppError('provider_not_configured', { message: `${provider}: ${cause.message}`, cause })
        }
        throw new AppError('upstream_auth_unavailable', {
          message: `${provider}: no token from Google.`,
          cause,
        })
      }
    },
  }
}
