import { ZodError } from 'zod'
import type { Clock, Fetch } from '../fetch.js'
import { createIssuer, type Issuer, type IssuerPart } from '../keys/issuer.js'
import type { TrustedIssuer } from './trusted-issuer.js'

/** How an issuer stands: `degraded` where it did not answer when it was last asked; what it said before still serves. */
export type IssuerState = 'ok' | 'degraded' | 'not_asked'

/** An issuer in use. */
export interface RunningIssuer {
  trusted: TrustedIssuer
  keys: Issuer
  state(): IssuerState
  /** Why it is degraded; of no caller's token, so that an admin may read it. */
  problem(): string | null
  /** When it last answered as it should. */
  answeredAt(): Date | null
}

/** @param onState told when an issuer ceases to answer, and when it does again */
export function runIssuer(
  trusted: TrustedIssuer,
  {
    fetch,
    now,
    onState,
  }: { fetch: Fetch; now: Clock; onState?: (id: string, problem: string | null) => void },
): RunningIssuer {
  const problems = new Map<IssuerPart, string | null>()
  let answeredAt: Date | null = null
  let told: string | null = null

  const problem = () => problems.get('document') ?? problems.get('keys') ?? null
  const keys = createIssuer({
    discovery: trusted.discovery ?? trusted.issuer,
    // T30: a document of another issuer is none of this one.
    documentIssuers: [trusted.issuer],
    keysAddress: trusted.keysAddress,
    bearer: trusted.bearer,
    fetch,
    now,
    onAttempt(part, error) {
      problems.set(part, error === null ? null : reason(error))
      if (error === null) answeredAt = new Date(now())
      const current = problem()
      if ((current === null) !== (told === null)) onState?.(trusted.id, current)
      told = current
    },
  })
  return {
    trusted,
    keys,
    problem,
    state: () => (problems.size === 0 ? 'not_asked' : problem() === null ? 'ok' : 'degraded'),
    answeredAt: () => answeredAt,
  }
}

/** The innermost reason that says anything. */
function reason(error: unknown): string {
  if (error instanceof ZodError) return error.issues[0]?.message ?? 'it answers in another form'
  if (!(error instanceof Error)) return 'it cannot be reached'
  if (error.cause !== undefined) return reason(error.cause)
  return (error.message || 'it cannot be reached').slice(0, 200)
}
