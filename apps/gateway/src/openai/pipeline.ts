import { AppError } from '@gatehouse/contracts'
import type { Candidate, ChatChunk, ChatCompletion, ChatRequest } from '@gatehouse/llm'
import { type Clock, type Logger, type Metrics, redact } from '@gatehouse/platform'
import type { CallEnd, CallLog, RunningCall, Try } from '@gatehouse/usage'
import { type Caller, isAdmin } from '../http/caller.js'
import { ClientGone } from '../http/client-gone.js'
import { toAppError } from '../http/public-error.js'
import { allowedWays, namesOneModel } from './allowed-models.js'
import { type Attempted, report, tryCandidates, wasAsked } from './attempts.js'
import { createCallMetrics, type Measured } from './call-metrics.js'
import type { Ticket } from './circuit.js'
import { begun } from './first-piece.js'
import type { LiveCall, LiveCalls } from './live-calls.js'
import type { Route, RoutedCandidate } from './route.js'
import { Tally } from './tally.js'

/** What a face asks of the pipeline. */
export interface Ask {
  caller: Caller
  /** Route as callers know it; for the record. */
  endpoint: string
  /** `chat`, `embeddings`, …: https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/ */
  operation: string
  requestId: string
  route: Route
  /** The model as the caller named it. */
  askedModel: string | undefined
  streamed: boolean
  /** The body, parsed, without the model; asked for only where it is needed: a relay passes bytes on. */
  request: () => Record<string, unknown>
  /** Whether prompt and answer go into the history. */
  keepContent: boolean
  /** Only what the provider counts is counted. */
  free?: boolean
  /** Aborts when the client leaves; absent where the face tells by `Call.abort`. */
  gone?: AbortSignal
  /** See `CallOptions.onDropped`. */
  onDropped?: (names: readonly string[]) => void
}

/** What is known of a call once it has ended. */
export interface Settled {
  id: string
  provider: string
  model: string
  finishReason: string | null
  inputTokens: number
  outputTokens: number
  costUsd: number | null
  latencyMs: number
  attempts: number
}

/** A call whose provider has accepted it. */
export interface OpenStream {
  id: string
  provider: string
  model: string
  attempts: number
  /** The provider's pieces; must be read to the end or left by `return`. Throws what the provider's stream throws. */
  chunks: AsyncIterable<ChatChunk>
  /** Aborts when the call may not go on: its reader must not wait for anything then. */
  signal: AbortSignal
  /** Once the pieces have ended well. */
  settled(): Settled
}

/** The way of every call to a model. Every route is a face on it. */
export interface Pipeline {
  /** Asks and waits for the whole answer. @throws AppError, or ClientGone */
  complete(ask: Ask): Promise<{ completion: ChatCompletion; settled: Settled }>
  /** Asks for a stream; rejects while nothing has been sent. @throws AppError, or ClientGone */
  stream(ask: Ask): Promise<OpenStream>
  /**
   * Admits and writes down; then `once` asks the provider, and settles the call itself once it has answered. It rejects
   * only while nothing has gone out. @throws AppError, or ClientGone
   */
  run<Result>(ask: Ask, once: (call: Call, candidate: Candidate) => Promise<Result>): Promise<Result>
  /**
   * The ways of a route to where all of some objects are kept for the caller. At the provider they belong to the one
   * account of the gateway, which would show anybody's to anybody; admins may reach them all, as by `/proxy`.
   * @throws AppError `not_found` for one that is somebody else's, as for one that does not exist
   */
  reach(route: Route, objectIds: readonly string[], caller: Caller): Route | Promise<Route>
}

/** What the pipeline joins. */
export interface PipelineDeps {
  calls: CallLog
  live: LiveCalls
  metrics: Metrics
  clock: Clock
  logger: Logger
  logContent: boolean
  /** Ends the call if its caller has lost their rights since they were admitted. */
  confirm(caller: Caller, call: LiveCall): void
}

/**
 * The only place that knows the order: admit → choose → open → relay or translate → settle. A call is written down
 * before its provider is asked and settled exactly once: on its end, on an error, and when its caller leaves.
 */
export function createPipeline(deps: PipelineDeps): Pipeline {
  const measure = createCallMetrics(deps.metrics)

  const run = async <Result>(asked: Ask, once: (call: Call, candidate: Candidate) => Promise<Result>) => {
    const ask = admitted(asked)
    const call = new Call(deps, measure, ask)
    try {
      await call.opened()
      return await tryCandidates(call, ask.route, (candidate) => {
        call.cancellation.checkWay()
        return once(call, candidate)
      })
    } catch (error) {
      throw call.fail(error)
    }
  }

  return {
    run,
    reach: (route, ids, caller) =>
      ids.length === 0 || isAdmin(caller) ? route : reach(deps.calls, route, ids, caller),
    complete: (ask) => run(ask, completeOnce),
    stream: (ask) => run(ask, streamOnce),
  }
}

async function reach(
  { objects }: CallLog,
  route: Route,
  ids: readonly string[],
  caller: Caller,
): Promise<Route> {
  const connections = await objects.connectionsWith(ids, caller.principal.id)
  const candidates = route.candidates.filter((candidate) => connections.has(connectionOf(candidate)))
  if (candidates.length > 0) return { ...route, candidates }
  throw new AppError('not_found', {
    message: `There is nothing of yours at this provider under ${ids.length === 1 ? 'the id' : 'all of the ids'} that the request refers to. Answers are kept for whoever asked; files, containers and conversations are for admins.`,
  })
}

const connectionOf = ({ provider, connection }: Candidate) => `${provider}/${connection}`

/** With the ways alone that the caller may go. @throws AppError `model_not_allowed` */
function admitted(ask: Ask): Ask {
  const { modelLists } = ask.caller
  if (modelLists.length === 0) return ask
  const route = allowedWays(modelLists, ask.route)
  namesOneModel(modelLists, ask.request())
  return { ...ask, route }
}

/** Asks one candidate for a whole answer, translated where need be. */
export async function completeOnce(call: Call, { client }: Candidate) {
  const completion = await client.complete(call.request(), call.options())
  call.tally.complete(completion)
  const settled = call.settle()
  await call.written
  return { completion, settled }
}

/** Asks one candidate for a stream, translated where need be. */
export async function streamOnce(call: Call, { client }: Candidate): Promise<OpenStream> {
  const opened = await client.stream(call.request(), call.options())
  const chunks = call.mayTryAgain ? await begun(opened) : opened
  call.ticket?.accepted()
  let settled: Settled | undefined
  return {
    id: call.id,
    provider: call.candidate.provider,
    model: call.candidate.model,
    attempts: call.attempts,
    signal: call.cancellation.signal,
    chunks: follow(call, chunks, (result) => {
      settled = result
    }),
    settled() {
      if (!settled) throw new AppError('internal_error', { cause: new Error('settled() before the end') })
      return settled
    },
  }
}

/** Passes the pieces on and settles: on the last one, on an error, and when the reader stops reading. */
async function* follow(call: Call, chunks: AsyncIterable<ChatChunk>, done: (settled: Settled) => void) {
  let finished = false
  try {
    for await (const chunk of chunks) {
      call.tally.chunk(chunk)
      yield chunk
    }
    done(call.settle())
    finished = true
    await call.written
  } catch (error) {
    finished = true
    throw call.fail(error)
  } finally {
    if (!finished) call.fail(new ClientGone())
  }
}

/** Tries that are written down of one call; retries have no end in the configuration. */
const maxTries = 20

/** A call that has been admitted and written down. */
export class Call implements Attempted {
  readonly id: string
  readonly tally: Tally
  readonly cancellation: LiveCall
  candidate: RoutedCandidate
  attempts = 0
  triedMs = 0
  askedAt: number | undefined
  ticket: Ticket | undefined
  /** Settled once its end is written down; only then its answer may be whole. */
  written: Promise<unknown> | undefined
  /** Settled once it is written down whose is what the provider keeps of it. */
  kept: Promise<unknown> | undefined
  private readonly record: RunningCall
  private readonly began: number
  private readonly tries: Try[] = []
  private ended = false

  constructor(
    private readonly deps: PipelineDeps,
    private readonly measure: (call: Measured) => void,
    private readonly ask: Ask,
  ) {
    const { caller, route, gone } = ask
    const [first] = route.candidates
    if (!first) throw new AppError('unavailable')
    this.candidate = first
    const live = deps.live.begin(caller, () => {
      const { provider, model } = this.candidate
      return { provider, model, alias: route.alias }
    })
    this.cancellation = live
    try {
      this.record = deps.calls.open({
        principalId: caller.principal.id,
        principalKind: caller.principal.kind,
        keyId: caller.credential.kind === 'key' ? caller.credential.id : null,
        sessionId: caller.session?.id ?? null,
        requestId: ask.requestId,
        endpoint: ask.endpoint,
        provider: first.provider,
        connection: first.connection,
        askedModel: ask.askedModel ?? first.model,
        model: first.model,
        streamed: ask.streamed,
      })
    } catch (error) {
      live.end()
      throw error
    }
    this.id = this.record.id
    this.began = deps.clock.monotonic()
    this.tally = new Tally(ask.request, ask.free === true, () =>
      Math.round(deps.clock.monotonic() - this.began),
    )
    // After it is registered: whoever loses their rights from here on is found among the live calls.
    deps.confirm(caller, live)
    if (gone?.aborted) live.abort(gone.reason)
    gone?.addEventListener('abort', () => live.abort(gone.reason), { once: true })
  }

  /** Writes down whose the objects are that the provider has made; before they are there for a next request. */
  keep(objectIds: readonly string[]): void {
    if (objectIds.length === 0) return
    const { deps, candidate, ask } = this
    const { connection, provider } = candidate
    const kept = deps.calls.objects
      .keep(connectionOf(candidate), objectIds, ask.caller.principal.id)
      .catch((error: unknown) =>
        deps.logger.warn(
          { err: error, call_id: this.id, provider, connection },
          'an answer cannot be gone on from',
        ),
      )
    this.kept = this.kept === undefined ? kept : Promise.all([this.kept, kept])
  }

  /** Written down: its provider may be asked. @throws AppError `unavailable` where the disk takes nothing */
  async opened(): Promise<void> {
    const problem = await this.record.opened
    if (problem) throw new AppError('unavailable', { cause: problem })
    if (this.cancellation.aborted) throw this.cancellation.reason
  }

  /** While nothing has gone out, another ask may follow. */
  get mayTryAgain(): boolean {
    return this.candidate.retries > 0 || this.ask.route.candidates.length > 1
  }

  failedTry(error: AppError): void {
    this.noteTry(error.status, error.code)
  }

  again(error: AppError): void {
    const { deps, candidate, tally, ask, attempts } = this
    const { provider, connection, model } = candidate
    deps.logger.info(
      { call_id: this.id, provider, connection, model, code: error.code, attempts },
      'an attempt failed; another follows',
    )
    tally.firstByteMs = null
    // What could not be said to that provider may be said to the next.
    ask.onDropped?.([])
  }

  /** The request in the inner language. */
  request(): ChatRequest {
    return { ...this.ask.request(), model: this.candidate.model } as ChatRequest
  }

  /** What a client of a provider takes beside the request. */
  options() {
    const { onDropped } = this.ask
    return { signal: this.cancellation.signal, ...(onDropped ? { onDropped } : {}) }
  }

  /** The provider has answered in full. */
  settle(): Settled {
    this.ticket?.succeeded()
    this.ticket = undefined
    return this.end({ status: 'success', errorCode: null, errorMessage: null }, 200)
  }

  /** Settles with an error and gives back what to throw. */
  fail(error: unknown): unknown {
    const { cancellation, deps, candidate } = this
    // Whatever the socket said in its last breath, the reason of the signal is why the call ended.
    const reason: unknown = cancellation.aborted ? cancellation.reason : error
    report(this, reason)
    if (reason instanceof ClientGone) {
      const errorMessage = 'The client left before the answer was whole.'
      this.end({ status: 'aborted', errorCode: 'client_gone', errorMessage }, null)
      return reason
    }
    const known = toAppError(reason)
    if (this.askedAt !== undefined && !wasAsked(known)) {
      this.attempts--
      this.askedAt = undefined
    }
    if (!this.ended && known.status >= 500)
      deps.logger.warn(
        { call_id: this.id, provider: candidate.provider, code: known.code, err: known },
        'call failed',
      )
    this.end({ status: 'error', errorCode: known.code, errorMessage: redact(known.message) }, known.status)
    return known
  }

  /** Writes the ask that has just ended down, and what became of it. */
  private noteTry(status: number | null, errorCode: string | null): void {
    const { tries, askedAt, candidate } = this
    if (askedAt === undefined || tries.length >= maxTries) return
    const { provider, connection, model } = candidate
    tries.push({
      provider,
      connection,
      model,
      status,
      error_code: errorCode,
      started_ms: Math.max(0, Math.round(askedAt - this.began)),
      duration_ms: Math.max(0, Math.round(this.deps.clock.monotonic() - askedAt)),
    })
  }

  /** @param httpStatus that stands for how it ended; null where nobody was there to be told */
  private end(
    outcome: Pick<CallEnd, 'status' | 'errorCode' | 'errorMessage'>,
    httpStatus: number | null,
  ): Settled {
    const { deps, candidate, tally, ask } = this
    this.cancellation.end()
    const usage = tally.usage(outcome.status !== 'error')
    const cost = deps.calls.price(candidate, usage)
    const latencyMs = Math.round(deps.clock.monotonic() - this.began)
    const costUsd = cost.usd === null ? null : Number(cost.usd)
    const { provider, connection, model } = candidate
    const settled: Settled = {
      id: this.id,
      provider,
      model,
      finishReason: tally.finishReason,
      inputTokens: usage.inputTokens,
      outputTokens: usage.outputTokens,
      costUsd,
      latencyMs,
      attempts: this.attempts,
    }
    if (this.ended) return settled
    this.ended = true
    this.noteTry(httpStatus, outcome.errorCode)
    const { firstByteMs } = tally
    this.written = this.record.end(
      {
        status: outcome.status,
        errorCode: outcome.errorCode,
        errorMessage: outcome.errorMessage,
        inputTokens: usage.inputTokens,
        outputTokens: usage.outputTokens,
        cachedTokens: usage.cachedTokens,
        reasoningTokens: usage.reasoningTokens,
        estimated: usage.estimated,
        finishReason: tally.finishReason,
        cost: cost.usd,
        priceSource: cost.source,
        latencyMs,
        firstByteMs,
        attempts: this.attempts,
        tries: this.tries,
        // The operator allows it, and its owner has not said no.
        content: ask.keepContent && ask.caller.principal.keepContent !== false ? tally.content() : null,
      },
      candidate === ask.route.candidates[0] ? undefined : { provider, connection, model },
    )
    try {
      const { operation, streamed } = ask
      const { status, errorCode } = outcome
      const { inputTokens, outputTokens } = usage
      const figures = { status, errorCode, inputTokens, outputTokens, costUsd, latencyMs, firstByteMs }
      this.measure({ operation, provider, model, streamed, ...figures })
    } catch (error) {
      // The answer is there: a figure that no metric takes is no reason to keep it back.
      deps.logger.warn({ err: error, call_id: this.id }, 'call not measured')
    }
    if (deps.logContent) deps.logger.info({ call_id: this.id, content: tally.content() }, 'content')
    return settled
  }
}
