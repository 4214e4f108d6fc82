import { AppError } from '@gatehouse/contracts'
import type { Candidate, ChatChunk, ChatCompletion, ChatRequest, Models } from '@gatehouse/llm'
import { type Clock, type Logger, type Metrics, redact } from '@gatehouse/platform'
import type { CallEnd, CallLog, RunningCall } from '@gatehouse/usage'
import type { Caller } from '../http/caller.js'
import { ClientGone } from '../http/client-gone.js'
import { toAppError } from '../http/public-error.js'
import type { LiveCalls } from './live-calls.js'
import { Tally } from './tally.js'

/** What a face asks of the pipeline. */
export interface Ask {
  caller: Caller
  /** Route as callers know it; for the record. */
  endpoint: string
  requestId: string
  provider: unknown
  model: string | undefined
  /** Without the model, which the candidate decides. Asked for only where it is needed: a relay passes bytes on. */
  request: () => Omit<ChatRequest, 'model'>
  /** Whether prompt and answer go into the history. */
  keepContent: boolean
  /** Aborts when the client leaves; absent where the face tells by `Running.abort`. */
  gone?: AbortSignal
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
}

/** A call whose provider has accepted it. */
export interface OpenStream {
  id: string
  provider: string
  model: string
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
  /** Admits and writes down; the face passes bytes on by the candidate's relay. @throws AppError */
  begin(ask: Ask, streamed: boolean): Running
}

/** What the pipeline joins. */
export interface PipelineDeps {
  models: Models
  calls: CallLog
  live: LiveCalls
  metrics: Metrics
  clock: Clock
  logger: Logger
  logContent: boolean
}

/**
 * The only place that knows the order: admit → choose → open → relay or translate → settle. A call is written down
 * before its provider is asked and settled exactly once: on its end, on an error, and when its caller leaves.
 */
export function createPipeline(deps: PipelineDeps): Pipeline {
  return {
    begin: (ask, streamed) => begin(deps, ask, streamed),
    async complete(ask) {
      const call = begin(deps, ask, false)
      try {
        const completion = await call.candidate.client.complete(call.request(), { signal: call.signal })
        call.tally.complete(completion)
        return { completion, settled: call.settle() }
      } catch (error) {
        throw call.fail(error)
      }
    },
    async stream(ask) {
      const call = begin(deps, ask, true)
      let chunks: AsyncIterable<ChatChunk>
      try {
        chunks = await call.candidate.client.stream(call.request(), { signal: call.signal })
      } catch (error) {
        throw call.fail(error)
      }
      let settled: Settled | undefined
      return {
        id: call.id,
        provider: call.candidate.provider,
        model: call.candidate.model,
        signal: call.signal,
        chunks: relay(call, chunks, (result) => {
          settled = result
        }),
        settled() {
          if (!settled) throw new AppError('internal_error', { cause: new Error('settled() before the end') })
          return settled
        },
      }
    },
  }
}

/** Passes the pieces on and settles: on the last one, on an error, and when the reader stops reading. */
async function* relay(call: Running, chunks: AsyncIterable<ChatChunk>, done: (settled: Settled) => void) {
  let finished = false
  try {
    for await (const chunk of chunks) {
      call.tally.chunk(chunk)
      yield chunk
    }
    done(call.settle())
    finished = true
  } catch (error) {
    finished = true
    throw call.fail(error)
  } finally {
    if (!finished) call.fail(new ClientGone())
  }
}

/** A call that has been admitted and written down; its face asks the provider and settles it. */
export interface Running {
  id: string
  candidate: Candidate
  request(): ChatRequest
  signal: AbortSignal
  tally: Tally
  abort(reason: unknown): void
  settle(): Settled
  /** Settles with an error and gives back what to throw. */
  fail(error: unknown): unknown
}

/** Admits, chooses and writes the call down. */
function begin(deps: PipelineDeps, ask: Ask, streamed: boolean): Running {
  const { caller } = ask
  const [candidate] = deps.models.resolve(ask.provider, ask.model)
  if (!candidate) throw new AppError('unavailable')
  const live = deps.live.begin(caller.principal.id)
  let record: RunningCall
  try {
    record = deps.calls.open({
      principalId: caller.principal.id,
      principalKind: caller.principal.kind,
      keyId: null,
      sessionId: caller.session.id,
      requestId: ask.requestId,
      endpoint: ask.endpoint,
      provider: candidate.provider,
      connection: candidate.connection,
      askedModel: ask.model ?? candidate.model,
      model: candidate.model,
      streamed,
    })
  } catch (error) {
    live.end()
    throw error
  }
  const began = deps.clock.monotonic()
  const tally = new Tally(ask.request, () => Math.round(deps.clock.monotonic() - began))
  const { signal } = live
  if (ask.gone?.aborted) live.abort(ask.gone.reason)
  ask.gone?.addEventListener('abort', () => live.abort(ask.gone?.reason), { once: true })

  const end = (outcome: Pick<CallEnd, 'status' | 'errorCode' | 'errorMessage'>): Settled => {
    live.end()
    const usage = tally.usage(outcome.status !== 'error')
    const cost = deps.calls.price(candidate.priceList, candidate.model, usage)
    const latencyMs = Math.round(deps.clock.monotonic() - began)
    record.end({
      ...outcome,
      ...usage,
      finishReason: tally.finishReason,
      cost: cost.usd,
      priceSource: cost.source,
      latencyMs,
      firstByteMs: tally.firstByteMs,
      attempts: 1,
      content: ask.keepContent ? tally.content() : null,
    })
    try {
      measure(deps.metrics, candidate, outcome, {
        ...usage,
        cost: cost.usd,
        latencyMs,
        firstByteMs: tally.firstByteMs,
      })
    } catch (error) {
      // The answer is there: a figure that no metric takes is no reason to keep it back.
      deps.logger.warn({ err: error, call_id: record.id }, 'call not measured')
    }
    if (deps.logContent) deps.logger.info({ call_id: record.id, content: tally.content() }, 'content')
    return {
      id: record.id,
      provider: candidate.provider,
      model: candidate.model,
      finishReason: tally.finishReason,
      inputTokens: usage.inputTokens,
      outputTokens: usage.outputTokens,
      costUsd: cost.usd === null ? null : Number(cost.usd),
      latencyMs,
    }
  }

  return {
    id: record.id,
    candidate,
    request: () => ({ ...ask.request(), model: candidate.model }),
    signal,
    tally,
    abort: live.abort,
    settle: () => end({ status: 'success', errorCode: null, errorMessage: null }),
    fail(error) {
      // Whatever the socket said in its last breath, the reason of the signal is why the call ended.
      const reason: unknown = signal.aborted ? signal.reason : error
      if (reason instanceof ClientGone) {
        end({
          status: 'aborted',
          errorCode: 'client_gone',
          errorMessage: 'The client left before the answer was whole.',
        })
        return reason
      }
      const known = toAppError(reason)
      end({ status: 'error', errorCode: known.code, errorMessage: redact(known.message) })
      if (known.status >= 500)
        deps.logger.warn(
          { call_id: record.id, provider: candidate.provider, code: known.code, err: known },
          'call failed',
        )
      return known
    },
  }
}

function measure(
  metrics: Metrics,
  candidate: Candidate,
  outcome: Pick<CallEnd, 'status' | 'errorCode'>,
  figures: {
    inputTokens: number
    outputTokens: number
    cost: string | null
    latencyMs: number
    firstByteMs: number | null
  },
): void {
  const labels = {
    gen_ai_operation_name: 'chat',
    gen_ai_provider_name: candidate.provider,
    // A name that no provider has answered to is a caller's invention: it must not become a time series.
    gen_ai_request_model: outcome.status === 'success' ? candidate.model : '',
  }
  metrics.operationDuration.observe(
    { ...labels, error_type: outcome.errorCode ?? '' },
    figures.latencyMs / 1000,
  )
  if (outcome.status !== 'success') return
  if (figures.firstByteMs !== null) metrics.timeToFirstChunk.observe(labels, figures.firstByteMs / 1000)
  metrics.tokenUsage.observe({ ...labels, gen_ai_token_type: 'input' }, figures.inputTokens)
  metrics.tokenUsage.observe({ ...labels, gen_ai_token_type: 'output' }, figures.outputTokens)
  if (figures.cost !== null)
    metrics.cost.inc({ provider: candidate.provider, model: candidate.model }, Number(figures.cost))
}
