import { AppError } from '@gatehouse/contracts'
import type { ChatChunk, ChatRequest, Models } from '@gatehouse/llm'
import type { Logger } from '@gatehouse/platform'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ClientGone, clientGone } from '../http/client-gone.js'
import { sendError } from '../http/error.filter.js'
import { openEventStream } from '../http/event-stream.js'
import { parseJson } from '../http/json-body.js'
import { publicError } from '../http/public-error.js'
import { largeBodyLimit } from '../http/server.js'
import { nameModel } from './model-name.js'
import type { Ask, Pipeline } from './pipeline.js'
import { relay } from './relay.js'
import { maxDepth, type WalkedBody, walkBody } from './request-walk.js'

/** What the routes of `/v1` are made of. */
export interface OpenAiRoutes {
  pipeline: Pipeline
  models: Models
  logger: Logger
  /** KEEP_CONTENT=all: what is said by `/v1` is kept too. */
  keepContent: boolean
}

/** `POST /v1/chat/completions`: https://platform.openai.com/docs/api-reference/chat/create */
export async function chatRoutes(server: FastifyInstance, routes: OpenAiRoutes): Promise<void> {
  await server.register(async (scope) => {
    // Read as JSON whatever the content type says: curl sends a form's unless told otherwise.
    scope.removeAllContentTypeParsers()
    // A scope of its own does not meet Nest's filter.
    scope.setErrorHandler((error, request, reply) => sendError(request, reply, error, routes.logger))
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    for (const url of ['/v1/chat/completions', '/chat/completions']) {
      scope.post(url, { config: { access: 'caller', bodyLimit: largeBodyLimit } }, (request, reply) =>
        chat(routes, request, reply),
      )
    }
  })
}

async function chat(
  { pipeline, models, keepContent }: OpenAiRoutes,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const given = request.body as Buffer
  const { bytes, walked } = read(given)
  const { provider, model } = nameModel(models, walked.model, request.query)
  const { user: caller } = request
  if (!caller) throw new AppError('missing_credential')
  const ask: Ask = {
    caller,
    endpoint: '/v1/chat/completions',
    requestId: request.id,
    provider,
    model,
    request: () => chatRequest(bytes),
    keepContent,
  }
  const [candidate] = models.resolve(provider, model)
  if (!candidate?.relay) return translate(pipeline, { ...ask, gone: clientGone(reply) }, walked.stream, reply)

  const call = pipeline.begin(ask, walked.stream)
  const { body, wantsUsage } = rewrite(bytes, walked, candidate.model)
  try {
    const headers = [
      'x-request-id',
      request.id,
      ...routed(candidate),
      'x-content-type-options',
      'nosniff',
      'cache-control',
      'no-store',
    ]
    await relay({
      call,
      relay: candidate.relay,
      path: '/chat/completions',
      body,
      wantsUsage,
      response: reply.raw,
      headers,
    })
  } catch (error) {
    if (error instanceof ClientGone) return reply.hijack()
    throw error
  }
  return reply.hijack()
}

/** The body, walked; one that two parsers could read in two ways is parsed and written anew first. */
function read(given: Buffer): { bytes: Buffer; walked: WalkedBody } {
  const walked = walkBody(given)
  if (typeof walked !== 'string') return { bytes: given, walked }
  if (walked === 'deep')
    throw new AppError('invalid_json', { message: `The body is nested deeper than ${maxDepth} levels.` })
  const parsed = parseJson(given)
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new AppError('invalid_json', { message: 'The body must be a JSON object.' })
  }
  const bytes = Buffer.from(JSON.stringify(parsed))
  const again = walkBody(bytes)
  if (typeof again !== 'string') return { bytes, walked: again }
  throw new AppError('invalid_request', {
    param: 'model',
    message: 'Name the model once, as a text, in a field spelled "model"; the same holds for "stream".',
  })
}

/**
 * The body as the provider takes it: its own name of the model, and the usage of a stream always asked for. Everything
 * else stays as it came, byte for byte.
 */
function rewrite(bytes: Buffer, walked: WalkedBody, model: string): { body: Buffer; wantsUsage: boolean } {
  if (walked.stream && walked.hasStreamOptions) {
    const parsed = JSON.parse(bytes.toString('utf8')) as ChatRequest & {
      stream_options?: { include_usage?: unknown } | null
    }
    const wantsUsage = parsed.stream_options?.include_usage === true
    const body = { ...parsed, model, stream_options: { ...parsed.stream_options, include_usage: true } }
    return { body: Buffer.from(JSON.stringify(body)), wantsUsage }
  }
  const name = JSON.stringify(model)
  const head = bytes.subarray(0, walked.bodyStart)
  const options = walked.stream ? '"stream_options":{"include_usage":true},' : ''
  const before = bytes.subarray(walked.bodyStart, walked.modelStart)
  const body = Buffer.concat([
    head,
    Buffer.from(options),
    before,
    Buffer.from(name),
    bytes.subarray(walked.modelEnd),
  ])
  return { body, wantsUsage: false }
}

function chatRequest(bytes: Buffer): Omit<ChatRequest, 'model'> {
  const {
    model: _model,
    stream: _stream,
    stream_options: _options,
    ...rest
  } = JSON.parse(bytes.toString('utf8'))
  return rest
}

/** For a provider that does not speak OpenAI's shape: asked in its own, answered in OpenAI's. */
async function translate(pipeline: Pipeline, ask: Ask, streamed: boolean, reply: FastifyReply) {
  if (!streamed) {
    const { completion, settled } = await pipeline.complete(ask)
    return reply.headers(Object.fromEntries(pairs(routed(settled)))).send(completion)
  }
  const stream = await pipeline.stream(ask)
  const events = openEventStream(reply, Object.fromEntries(pairs(routed(stream))), stream.signal)
  try {
    for await (const chunk of stream.chunks as AsyncIterable<ChatChunk>) await events.send(chunk)
    await events.done()
  } catch (error) {
    if (!(error instanceof ClientGone)) await events.send(publicError(error).body)
  }
  events.end()
  return reply
}

function routed({ provider, model }: { provider: string; model: string }): string[] {
  return [
    'x-gatehouse-provider',
    provider,
    'x-gatehouse-model',
    encodeURI(model),
    'x-gatehouse-attempts',
    '1',
  ]
}

function pairs(flat: string[]): [string, string][] {
  return flat.flatMap((name, index) =>
    index % 2 === 0 ? [[name, flat[index + 1] ?? ''] as [string, string]] : [],
  )
}
