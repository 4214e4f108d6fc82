import { AppError, type ErrorCode } from '@gatehouse/contracts'
import type { Cancellation } from './cancellation.js'
import type { Ticket } from './circuit.js'
import type { Route, RoutedCandidate } from './route.js'

/** Failures after which the same provider is asked again; `shouldRetry` of an error overrules it either way. */
const repeatable: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'provider_rate_limited',
  'provider_error',
  'provider_unreachable',
  'upstream_disconnect',
])
/**
 * Those, and what asking again will not mend, yet says that something is wrong there: they count in a circuit. A
 * credential that is refused and a redirect do not: both may hang on what one caller asked for.
 */
const troubles: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...repeatable,
  // To wait as long once more would double the limit that was set.
  'provider_timeout',
  'bad_upstream_response',
  'upstream_auth_unavailable',
])
/** Failures after which another candidate is asked: those, and what is wrong for one provider alone. */
const passable: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...troubles,
  'provider_auth_failed',
  'upstream_redirect',
  'provider_not_configured',
  'model_not_found',
  'unsupported_by_provider',
  'unsupported_parameter',
])
/** Of those, the ones that are found before the provider is asked. */
const unasked: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'provider_not_configured',
  'unsupported_by_provider',
  'unsupported_parameter',
])

const firstPauseMs = 250
/** Beyond it another provider is sooner there, and the caller's own client waits as well. */
const longestPauseMs = 8_000

/** What is tried. */
export interface Attempted {
  /** Set to the candidate whose turn it is. */
  candidate: RoutedCandidate
  /** How often a provider was asked. */
  attempts: number
  /** Milliseconds from the first ask to the present one. */
  triedMs: number
  /** When the ask that runs was begun, by `performance.now()`; undefined while none runs, and after one that failed. */
  askedAt: number | undefined
  /** Of the ask that runs, until `report` has told its circuit how it ended. */
  ticket: Ticket | undefined
  cancellation: Cancellation
  /** An ask has failed with nothing gone out; `askedAt` still says when it was begun. */
  failedTry(error: AppError): void
  /** Another ask follows one that failed with nothing gone out. */
  again(error: AppError): void
}

type Once<Result> = (candidate: RoutedCandidate) => Promise<Result>

/**
 * Tries the candidates of a route in their order, each as often as it allows, until one takes the request. `once` rejects
 * only while nothing has gone out to the caller. One whose circuit is open is left for last; where every one's is, nobody
 * is asked. A sole candidate is asked whatever its circuit says.
 * @throws what the last attempt threw; AppError `unavailable` where nobody was asked
 */
export function tryCandidates<Result>(
  call: Attempted,
  { candidates }: Route,
  once: Once<Result>,
): Promise<Result> {
  const [first] = candidates
  // The usual case, which pays for nothing of the rest.
  if (candidates.length === 1 && first?.retries === 0 && first.circuit === undefined) {
    call.attempts++
    call.askedAt = performance.now()
    return once(first)
  }
  return tryInTurn(call, candidates, once)
}

async function tryInTurn<Result>(
  call: Attempted,
  candidates: readonly RoutedCandidate[],
  once: Once<Result>,
): Promise<Result> {
  const beganAt = performance.now()
  const waiting = [...candidates]
  const open: RoutedCandidate[] = []
  let failure: AppError | undefined

  const ask = async (candidate: RoutedCandidate, ticket: Ticket | undefined): Promise<Result> => {
    if (failure) call.again(failure)
    call.candidate = candidate
    call.ticket = ticket
    call.attempts++
    const askedAt = performance.now()
    call.triedMs = askedAt - beganAt
    call.askedAt = askedAt
    try {
      return await once(candidate)
    } catch (error) {
      report(call, error)
      if (call.cancellation.aborted || !(error instanceof AppError)) throw error
      if (wasAsked(error)) call.failedTry(error)
      else call.attempts--
      call.askedAt = undefined
      failure = error
      throw error
    }
  }
  /** Asks until it answers, or until asking again makes no sense. */
  const askInTurn = async (candidate: RoutedCandidate, first: Ticket | undefined): Promise<Result> => {
    const { circuit, retries } = candidate
    let ticket = first
    for (let retry = 0; ; retry++) {
      try {
        return await ask(candidate, ticket)
      } catch (error) {
        if (!failure || error !== failure || retry >= retries || !isRepeatable(failure)) throw error
        const pause = pauseBefore(retry, failure.retryAfterSeconds)
        const others = waiting.length + open.length > 0
        // Somebody else has time now.
        const asksForTime = failure.retryAfterSeconds !== undefined || circuit?.isOpen
        if (pause > longestPauseMs || (others && asksForTime)) throw error
        await rest(pause, call.cancellation)
        ticket = uncounted(circuit?.force())
      }
    }
  }
  const isPassable = (error: unknown) =>
    error === failure && failure !== undefined && passable.has(failure.code)

  for (let candidate = waiting.shift(); candidate; candidate = waiting.shift()) {
    const ticket = candidates.length === 1 ? candidate.circuit?.force() : candidate.circuit?.enter()
    if (ticket === null) {
      open.push(candidate)
      continue
    }
    try {
      return await askInTurn(candidate, ticket)
    } catch (error) {
      if (!isPassable(error)) throw error
    }
  }
  if (!failure) throw allOpen(open)
  // They failed before, but all others failed just now.
  for (const candidate of open) {
    try {
      return await ask(candidate, candidate.circuit?.force())
    } catch (error) {
      if (!isPassable(error)) throw error
    }
  }
  throw failure
}

/** For asking again: one call, however often it asks, counts as one failure, or a single caller could open a circuit. */
function uncounted(ticket: Ticket | undefined): Ticket | undefined {
  return ticket && { ...ticket, failed: ticket.left }
}

/** False for an error that is found before the provider is asked. */
export const wasAsked = ({ code }: AppError): boolean => !unasked.has(code)

/** Tells the circuit how an ask ended that failed: by the caller's own fault, or the provider's. */
export function report(call: Pick<Attempted, 'ticket' | 'cancellation'>, error: unknown): void {
  const { ticket } = call
  if (!ticket) return
  call.ticket = undefined
  const known = error instanceof AppError && !call.cancellation.aborted ? error : undefined
  if (!known || !troubles.has(known.code)) ticket.left()
  else ticket.failed(known.retryAfterSeconds === undefined ? undefined : known.retryAfterSeconds * 1000)
}

function isRepeatable({ shouldRetry, code }: AppError): boolean {
  return shouldRetry ?? repeatable.has(code)
}

function allOpen(open: readonly RoutedCandidate[]): AppError {
  const waits = open.map(({ circuit }) => circuit?.waitMs() ?? 0)
  const retryAfterSeconds = Math.max(1, Math.min(...waits) / 1000)
  return new AppError('unavailable', {
    message: `Every provider of this model failed a moment ago. Try again in ${Math.ceil(retryAfterSeconds)} s.`,
    retryAfterSeconds,
  })
}

/** Milliseconds: what the provider asks for, else doubling, with jitter so that callers do not come back together. */
function pauseBefore(retry: number, retryAfterSeconds: number | undefined): number {
  if (retryAfterSeconds !== undefined) return retryAfterSeconds * 1000 * (1 + Math.random() * 0.1)
  return Math.min(longestPauseMs, firstPauseMs * 2 ** retry) * (0.5 + Math.random() / 2)
}

/** Ends early when the call does. */
function rest(milliseconds: number, cancellation: Cancellation): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = () => {
      clearTimeout(timer)
      reject(cancellation.reason)
    }
    const timer = setTimeout(() => {
      cancellation.removeEventListener('abort', over)
      resolve()
    }, milliseconds)
    cancellation.addEventListener('abort', over)
  })
}
