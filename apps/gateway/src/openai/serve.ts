import { AppError } from '@gatehouse/contracts'
import type { Candidate, RelayClient } from '@gatehouse/llm'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Caller } from '../http/caller.js'
import { ClientGone, clientGone } from '../http/client-gone.js'
import { openEventStream } from '../http/event-stream.js'
import { publicError } from '../http/public-error.js'
import { Dropped } from './dropped.js'
import { embedOnce } from './embed.js'
import { chatCompletions, type Endpoint, embeddings } from './endpoints.js'
import { rewriteForm, walkForm } from './form-body.js'
import {
  type Ask,
  type Call,
  completeOnce,
  type OpenStream,
  type Pipeline,
  type Settled,
  streamOnce,
} from './pipeline.js'
import { asksForUsage, readBody, requestIn, rewriteBody, withReferences } from './read-body.js'
import { relay } from './relay.js'
import type { Route } from './route.js'
import { costHeader, fromPairs, routeHeaders } from './route-headers.js'

/** A request as it was read. */
export interface Served {
  endpoint: Endpoint
  /** As callers know it; for the record. */
  name: string
  route: Route
  body: ServedBody
  request: FastifyRequest
  reply: FastifyReply
  /** What is said goes into the history. */
  keepContent: boolean
  /** When the request was here, by `performance.now()`. */
  arrivedAt: number
}

/** What decides over a call, and how its body is written for a candidate. */
export interface ServedBody {
  model: string | undefined
  stream: boolean
  /** Parsed, without what the pipeline decides. */
  request: () => Record<string, unknown>
  /** Ids of what the provider keeps. */
  refers: readonly string[]
  /** The caller asked for the usage of a stream. */
  wantsUsage(): boolean
  /** For a provider that takes it as it is. */
  written(model: string): { body: Buffer | Buffer[] | undefined; wantsUsage: boolean }
  method?: string
  /** At the provider; the endpoint's unless told. */
  path?: string
  /** Of a body that is no JSON. */
  contentType?: string
}

/** A body of an endpoint: JSON whatever the content type says, or a form where the endpoint takes one. @throws AppError */
export function bodyOf(request: FastifyRequest, endpoint: Endpoint): ServedBody {
  const given = (request.body ?? Buffer.alloc(0)) as Buffer
  const type = request.headers['content-type'] ?? ''
  if (endpoint.takesForm && /^multipart\/form-data\b/i.test(type)) {
    const form = walkForm(given, type)
    return {
      model: form.model,
      stream: form.stream,
      request: () => ({}),
      refers: [],
      wantsUsage: () => true,
      written: (model) => ({
        body: form.model === undefined ? given : rewriteForm(given, form, model),
        wantsUsage: true,
      }),
      contentType: type,
    }
  }
  const { bytes, walked, refers } = withReferences(readBody(given), {
    items: endpoint.keeps,
    anew: (request.user?.modelLists.length ?? 0) > 0,
  })
  return {
    model: walked.model,
    stream: walked.stream,
    request: () => requestIn(bytes),
    refers,
    wantsUsage: () => walked.hasStreamOptions && asksForUsage(bytes),
    written: (model) => rewriteBody(bytes, walked, model, endpoint.streams === 'done'),
  }
}

/** Serves a request by the pipeline: passed on where a candidate takes it as it is, translated where it does not. */
export async function serve(pipeline: Pipeline, served: Served): Promise<FastifyReply> {
  const { endpoint, name, route, body, request, reply, keepContent } = served
  const { user: caller } = request
  if (!caller) throw new AppError('missing_credential')
  // Without a name the provider chooses, and nobody here knows what.
  if (body.model === undefined && caller.modelLists.length > 0)
    throw new AppError('model_not_allowed', {
      param: 'model',
      message: 'This caller may use some models alone: name one of them.',
    })
  // At once where nothing is referred to: a promise more costs every request.
  const reachable = body.refers.length === 0 ? route : await pipeline.reach(route, body.refers, caller)
  const dropped = new Dropped(request)
  const ask: Ask = {
    caller: caller satisfies Caller,
    endpoint: name,
    operation: endpoint.operation,
    requestId: request.id,
    route: reachable,
    askedModel: body.model,
    streamed: body.stream,
    request: body.request,
    keepContent,
    free: endpoint.free,
    onDropped: dropped.note,
  }
  const once = (call: Call, candidate: Candidate): Promise<Answered> => {
    const client = candidate[endpoint.by]
    return client
      ? passOn(served, call, candidate, client)
      : translate(endpoint, call, candidate, body.stream)
  }
  // A relay sees its client leave by itself.
  if (route.candidates.some((candidate) => !candidate[endpoint.by])) ask.gone = clientGone(reply)
  try {
    const answered = await pipeline.run(ask, once)
    if (answered === 'sent') return reply.hijack()
    const told = dropped.header()
    if ('chunks' in answered)
      return await sendStream(answered, body, reply, [...ownHeaders(request, reply), ...told])
    return reply
      .headers(fromPairs([...routeHeaders(answered.settled), ...costHeader(answered.settled), ...told]))
      .send(answered.body)
  } catch (error) {
    // Nobody is there to be told.
    if (error instanceof ClientGone) return reply.hijack()
    throw error
  }
}

/** How a request was answered: passed on already, as a stream of pieces, or whole. */
type Answered = 'sent' | OpenStream | { body: unknown; settled: Settled }

/** To a provider that takes the request as it is. */
async function passOn(
  { endpoint, body, request, reply, keepContent, arrivedAt }: Served,
  call: Call,
  { model }: Candidate,
  client: RelayClient,
): Promise<Answered> {
  const { wantsUsage, body: bytes } = body.written(model)
  const { method, path = endpoint.path, contentType } = body
  const headers = callerHeaders(request)
  await relay({
    call,
    endpoint,
    send: (handler) =>
      client.send(
        {
          path,
          method,
          // What stands in for one is not the provider's.
          model: body.model === undefined ? undefined : model,
          body: bytes,
          contentType,
          headers,
          signal: call.cancellation,
        },
        handler,
      ),
    response: reply.raw,
    headers: ownHeaders(request, reply),
    wantsUsage,
    keepContent,
    arrivedAt,
  })
  return 'sent'
}

/** To a provider of another shape: asked in its own, answered in OpenAI's. */
async function translate(
  endpoint: Endpoint,
  call: Call,
  candidate: Candidate,
  streamed: boolean,
): Promise<Answered> {
  if (endpoint === chatCompletions && streamed) return streamOnce(call, candidate)
  if (endpoint === chatCompletions) {
    const { completion, settled } = await completeOnce(call, candidate)
    return { body: completion, settled }
  }
  if (endpoint === embeddings && candidate.embed) return embedOnce(call, candidate.embed)
  throw new AppError('unsupported_by_provider', {
    param: 'model',
    message: `The provider ${candidate.provider} has nothing like ${endpoint.path}. Choose a model of another one.`,
  })
}

async function sendStream(stream: OpenStream, body: ServedBody, reply: FastifyReply, own: string[]) {
  const events = openEventStream(reply, fromPairs([...routeHeaders(stream), ...own]), stream.signal)
  const wantsUsage = body.wantsUsage()
  try {
    for await (const chunk of stream.chunks) {
      // The usage comes alone, in a piece without choices; programs that did not ask for it stumble over that.
      if (chunk.choices.length > 0 || wantsUsage) await events.send(chunk)
    }
    await events.done()
  } catch (error) {
    if (!(error instanceof ClientGone)) await events.send(publicError(error).body)
  }
  events.end()
  return reply
}

/** Headers of the caller that a provider is given. Nothing that chooses whom the provider bills is among them. */
const allowed = ['openai-beta', 'anthropic-version', 'anthropic-beta'] as const

function callerHeaders({ headers }: FastifyRequest): Record<string, string> | undefined {
  let given: Record<string, string> | undefined
  for (const name of allowed) {
    const value = headers[name]
    if (typeof value !== 'string') continue
    given ??= {}
    given[name] = value
  }
  return given
}

/** Headers of an answer that is passed on, in flat pairs: it does not go by the framework's own. */
function ownHeaders(request: FastifyRequest, reply: FastifyReply): string[] {
  const pairs = ['x-request-id', request.id, 'x-content-type-options', 'nosniff', 'cache-control', 'no-store']
  if (request.headers.origin === undefined) return pairs
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (name === 'vary' || name.startsWith('access-control-')) pairs.push(name, String(value))
  return pairs
}
