import { AppError } from '@gatehouse/contracts'
import type { Models } from '@gatehouse/llm'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { anthropicErrorEvent } from '../anthropic/anthropic-error.js'
import { rawScope } from '../http/raw-scope.js'
import { largeBodyLimit } from '../http/server.js'
import type { Endpoint } from '../openai/endpoints.js'
import type { ModelRoutes } from '../openai/openai.routes.js'
import { readBody } from '../openai/read-body.js'
import { type ServedBody, serve } from '../openai/serve.js'

const passedOn: Endpoint = {
  path: '',
  operation: 'proxy',
  by: 'relay',
  answersJson: false,
  hasChoices: false,
  streams: 'any',
  free: true,
  takesForm: false,
  bare: false,
  errorEvent: (error) => `data: ${JSON.stringify(error)}\n\n`,
}
const passedOnAsMessages: Endpoint = { ...passedOn, by: 'messages', errorEvent: anthropicErrorEvent }

/** A way out of the provider's base address, in any spelling: escaped, escaped again, or in more bytes than it takes. */
const climbing = /\.\.|%(?:25)*(?:2e|2f|5c|c0%(?:25)*a[ef]|c1%(?:25)*9c)|\\/i

/**
 * Every other endpoint of a provider, byte for byte, under the same guard and accounting. What follows the provider's
 * name is appended to its base address and cannot climb out of it.
 */
export async function proxyRoutes(
  server: FastifyInstance,
  { pipeline, router, logger, keepContent, models }: ModelRoutes & { models: Models },
): Promise<void> {
  await rawScope(server, logger, (scope) => {
    scope.route({
      method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      url: '/proxy/:provider/*',
      config: { access: 'caller', bodyLimit: largeBodyLimit },
      handler(request, reply) {
        const arrivedAt = performance.now()
        const provider = models.providerId((request.params as { provider: string }).provider)
        const written = pathOf(request)
        const read = bodyOf(request)
        const [candidate] = router.byProvider(provider, read.model || unnamed).candidates
        // Asked once whatever the configuration says: nobody knows what asking twice would do there.
        const route = { candidates: candidate ? [{ ...candidate, retries: 0 }] : [] }
        const endpoint = candidate?.relay ? passedOn : passedOnAsMessages
        if (!candidate?.[endpoint.by])
          throw new AppError('unsupported_by_provider', {
            message: `Requests to ${provider} are translated: there is nothing to pass them on to.`,
          })
        // The base address of this API is its host alone, which its clients know as such.
        const path = endpoint.by === 'messages' ? written.replace(/^\/v1(?=\/)/, '') : written
        const name = `/proxy/${provider}${written.replace(/\?.*/s, '')}`.slice(0, 200)
        const body = { ...read, method: request.method, path }
        return serve(pipeline, { endpoint, name, route, body, request, reply, keepContent, arrivedAt })
      },
    })
  })
}

/** In the place of a model, where a request names none. */
const unnamed = 'none'

/** @throws AppError `invalid_request` for one that leads elsewhere */
function pathOf(request: FastifyRequest): string {
  const address = request.raw.url ?? ''
  const rest = /^\/proxy\/[^/]+(\/.*)$/s.exec(address)?.[1] ?? '/'
  if (climbing.test(rest.replace(/\?.*/s, '')))
    throw new AppError('invalid_request', {
      message: 'The path may hold no "..", no "\\" and no escaped ".", "/" or "\\".',
    })
  return rest
}

/**
 * As it came. Of JSON the model is read, for the record; where two parsers could read two models in it, it is written
 * anew with the one that is recorded.
 * @throws AppError for what calls itself JSON and is none
 */
function bodyOf(request: FastifyRequest): ServedBody {
  const given = request.body instanceof Buffer && request.body.length > 0 ? request.body : undefined
  const type = request.headers['content-type']
  const json = given !== undefined && holdsJson(type, given) ? readBody(given) : undefined
  const body = json?.bytes ?? given
  // What a program without a name for it sends as a form is what it is.
  const contentType = json ? (isJsonType(type) ? type : 'application/json') : type
  return {
    model: json?.walked.model,
    stream: json?.walked.stream ?? false,
    request: () => (json ? (JSON.parse(json.bytes.toString('utf8')) as Record<string, unknown>) : {}),
    wantsUsage: () => true,
    written: () => ({ body, wantsUsage: true }),
    ...(contentType === undefined ? {} : { contentType }),
  }
}

const isJsonType = (type: string | undefined) => type !== undefined && /\bjson\b/i.test(type)

/** A body is JSON where it says so or says nothing, and where it begins like an object under a type that curl gives to all. */
function holdsJson(type: string | undefined, body: Buffer): boolean {
  if (type === undefined || isJsonType(type)) return true
  const first = body.find((byte) => byte > 0x20)
  return /^(?:application\/x-www-form-urlencoded|text\/plain)\b/i.test(type) && first === 0x7b
}
