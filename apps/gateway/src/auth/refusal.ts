import type { Actor } from '@gatehouse/accounts'
import type { AppError } from '@gatehouse/contracts'

/** What the log is told of a refused sign-in: a token never, and no cause of `invalid_provider_token` quotes one. */
export function refusal(provider: string, { code, cause }: AppError, { requestId, address }: Actor) {
  return {
    request_id: requestId,
    provider: provider.slice(0, 100),
    code,
    reason: cause instanceof Error ? cause.message : undefined,
    address,
  }
}
