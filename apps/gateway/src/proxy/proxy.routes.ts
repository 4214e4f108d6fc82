import { AppError } from '@gatehouse/contracts'
import type { Models } from '@gatehouse/llm'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { anthropicErrorEvent } from '../anthropic/anthropic-error.js'
import { isAdmin } from '../http/caller.js'
import { rawScope } from '../http/raw-scope.js'
import { largeBodyLimit } from '../http/server.js'
import type { Endpoint } from '../openai/endpoints.js'
import { walkForm } from '../openai/form-body.js'
import { checkName } from '../openai/model-name.js'
import type { ModelRoutes } from '../openai/openai.routes.js'
import { namesTwice, readBody, withReferences } from '../openai/read-body.js'
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
  keeps: false,
  bare: false,
  errorEvent: (error) => `data: ${JSON.stringify(error)}\n\n`,
}
const passedOnAsMessages: Endpoint = { ...passedOn, by: 'messages', errorEvent: anthropicErrorEvent }

/** A way out of the provider's base address, in any spelling: escaped, escaped again, or in more bytes than it takes. */
const climbing = /\.\.|%(?:25)*(?:2e|2f|5c|c0%(?:25)*a[ef]|c1%(?:25)*9c)|\\/i

/** Endpoints that answer the one who asks and reach nothing that is kept at the provider, as they are spelled there. */
const asksModel =
  /^(?:\/deployments\/[^/#]+)?(?:\/v1)?\/(?:chat\/completions|completions|fim\/completions|responses(?:\/input_tokens|\/compact)?|messages(?:\/count_tokens)?|embeddings|rerank|moderations|images\/(?:generations|edits|variations)|audio\/(?:speech|transcriptions|translations))$/
/** Of those, the ones that read items of earlier answers. */
const readsItems = /\/responses(?:\/|$)/
/** Of those, the one whose answers the provider keeps. */
const keepsAnswers = /\/responses$/
/** Of those, the ones that providers do not charge for. */
const uncharged = /\/(?:moderations|count_tokens|input_tokens)$/
/** What hands out credentials that are good at the provider itself, past this gateway, or rules over its accounts. */
const minting =
  /\/(?:realtime(?:api)?\/(?:client_secrets|sessions|transcription_sessions)|chatkit\/sessions|organizations?|oauth\/token)(?:\/|$)/

/**
 * Every other endpoint of a provider, byte for byte, under the same guard and accounting. What follows the provider's
 * name is appended to its base address and cannot climb out of it.
 *
 * All callers share the gateway's account at the provider, and nobody keeps whose a file, a batch or a thread is. So
 * members may ask a model, at the endpoints known to do nothing else; all other requests are for admins alone, and what
 * hands out credentials is for nobody. See docs/decisions/0011-passthrough.md.
 */
export async function proxyRoutes(
  server: FastifyInstance,
  { pipeline, router, logger, keepContent, models }: ModelRoutes & { models: Models },
): Promise<void> {
  await rawScope(server, logger, (scope) => {
    scope.route({
      method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      url: '/proxy/:provider/*',
      config: { access: 'caller', relays: true, bodyLimit: largeBodyLimit },
      handler(request, reply) {
        const arrivedAt = performance.now()
        const provider = models.providerId((request.params as { provider: string }).provider)
        const written = pathOf(request)
        const plainPath = written.replace(/\?.*/s, '')
        const read = withModelOf(plainPath, bodyOf(request, readsItems.test(plainPath)))
        checkAccess(request, provider, plainPath, read)
        const [candidate] = router.byProvider(provider, read.model || unnamed).candidates
        // Asked once whatever the configuration says: nobody knows what asking twice would do there. What fails here says
        // nothing about the models that aliases lead to.
        const route = { candidates: candidate ? [{ ...candidate, retries: 0, circuit: undefined }] : [] }
        const api = candidate?.relay ? passedOn : passedOnAsMessages
        // A model that is asked costs something, also where its answer does not say how much.
        const keeps = keepsAnswers.test(plainPath)
        const endpoint = { ...api, keeps, free: !read.model || uncharged.test(plainPath) }
        if (!candidate?.[endpoint.by])
          throw new AppError('unsupported_by_provider', {
            message: `Requests to ${provider} are translated: there is nothing to pass them on to.`,
          })
        // The base address of this API is its host alone, which its clients know as such.
        const path = endpoint.by === 'messages' ? written.replace(/^\/v1(?=\/)/, '') : written
        const name = `/proxy/${provider}${plainPath}`.slice(0, 200)
        const body = { ...read, method: request.method, path }
        return serve(pipeline, { endpoint, name, route, body, request, reply, keepContent, arrivedAt })
      },
    })
  })
}

/** In the place of a model, where a request names none. */
const unnamed = 'none'

/** @throws AppError `invalid_request` for one that leads elsewhere, `not_found` */
function pathOf(request: FastifyRequest): string {
  const address = request.raw.url ?? ''
  const rest = /^\/proxy\/[^/]+(\/.*)$/s.exec(address)?.[1]
  // The framework routes `/%70roxy/` as well, of which nothing would be left to append.
  if (rest === undefined) throw new AppError('not_found')
  if (climbing.test(rest.replace(/\?.*/s, '')))
    throw new AppError('invalid_request', {
      message: 'The path may hold no "..", no "\\" and no escaped ".", "/" or "\\".',
    })
  return rest
}

/** A body, and whether what it says is known here. */
interface PassedBody extends ServedBody {
  wasRead: boolean
}

/** @throws AppError `forbidden`, `admin_required` */
function checkAccess(request: FastifyRequest, provider: string, path: string, body: PassedBody): void {
  if (minting.test(plainly(path)))
    throw new AppError('forbidden', {
      message: 'What hands out credentials of the provider, or manages its accounts, is not passed on.',
    })
  // What was not read here may name another model there, and what is somebody else's.
  const asks = body.model !== undefined && body.model !== '' && body.wasRead && request.method === 'POST'
  const isAddress = asksModel.test(path) && (provider === 'azure' || !path.startsWith('/deployments/'))
  if (asks && isAddress) return
  if (!request.user || !isAdmin(request.user))
    throw new AppError('admin_required', {
      message:
        'This reaches what everybody keeps at the provider: it needs the admin role. Without it, POST to an endpoint that asks a model, and name the model.',
    })
}

/** A path as the most lenient server might read it. @throws AppError `invalid_request` for escapes that mean nothing */
function plainly(path: string): string {
  let plain = path
  try {
    for (let next = decodeURIComponent(plain); next !== plain; next = decodeURIComponent(plain)) plain = next
  } catch (cause) {
    throw new AppError('invalid_request', { message: 'The path holds escapes that are none.', cause })
  }
  return plain
    .replace(/[?#].*/s, '')
    .replace(/;[^/]*|[\t\r\n ]/g, '')
    .replace(/\/(?:\.?\/)+/g, '/')
    .toLowerCase()
}

/** Azure's way to name a model: https://learn.microsoft.com/azure/ai-services/openai/reference#chat-completions */
function deploymentIn(path: string): string | undefined {
  const [, name] = /^\/+deployments\/+([^/?#]+)/i.exec(path) ?? []
  if (name === undefined) return undefined
  try {
    return decodeURIComponent(name)
  } catch (cause) {
    throw new AppError('invalid_request', { message: 'The path holds escapes that are none.', cause })
  }
}

/** With the model of an address that names one, which is the one that is asked. @throws AppError `invalid_request` */
function withModelOf(path: string, body: PassedBody): PassedBody {
  const inPath = deploymentIn(path)
  const { model = inPath } = body
  checkName(model)
  if (inPath !== undefined && model !== inPath)
    throw new AppError('invalid_request', {
      param: 'model',
      message: 'The address names another model than the body. Name one.',
    })
  return { ...body, model }
}

/**
 * As it came. Of JSON and forms the model is read, for the record; a name that is written in a way of its own is written
 * plainly.
 * @throws AppError for what calls itself JSON or a form and is none, and where two parsers could read two models in it
 */
function bodyOf(request: FastifyRequest, items: boolean): PassedBody {
  const given = request.body instanceof Buffer && request.body.length > 0 ? request.body : undefined
  const type = request.headers['content-type']
  const form = given && type && /^\s*multipart\/form-data\b/i.test(type) ? walkForm(given, type) : undefined
  const plain = given && !form ? jsonOf(given, type) : undefined
  const anew = (request.user?.modelLists.length ?? 0) > 0
  const json = plain && withReferences(plain, { items, anew })
  const body = json?.bytes ?? given
  // What a program without a name for it sends as a form is what it is.
  // A character set of the caller's would have it read there as something else than here.
  const contentType = json ? 'application/json' : type
  return {
    wasRead: json !== undefined || form !== undefined,
    model: json?.walked.model ?? form?.model,
    stream: json?.walked.stream ?? form?.stream ?? false,
    request: () => (json ? (JSON.parse(json.bytes.toString('utf8')) as Record<string, unknown>) : {}),
    refers: json?.refers ?? [],
    wantsUsage: () => true,
    written: () => ({ body, wantsUsage: true }),
    ...(contentType === undefined ? {} : { contentType }),
  }
}

/**
 * A body that is a JSON object is one to some providers whatever its content type says.
 * @returns undefined for what is none and does not say so
 */
function jsonOf(given: Buffer, type: string | undefined): ReturnType<typeof readBody> | undefined {
  const marked = given[0] === 0xef && given[1] === 0xbb && given[2] === 0xbf
  const body = marked ? given.subarray(3) : given
  const isToBe = type === undefined || isJsonType(type)
  if (!isToBe && (/^\s*multipart\//i.test(type) || body.find((byte) => byte > 0x20) !== 0x7b))
    return undefined
  try {
    const read = readBody(body)
    if (read.bytes === body || !namesTwice(body)) return read
  } catch (error) {
    if (!isToBe && error instanceof AppError && error.code === 'invalid_json') return undefined
    throw error
  }
  throw new AppError('invalid_request', { message: 'A field stands twice in the body. Name each once.' })
}

const isJsonType = (type: string | undefined) => type !== undefined && /\bjson\b/i.test(type)
