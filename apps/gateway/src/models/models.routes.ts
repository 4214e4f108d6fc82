import { AppError } from '@gatehouse/contracts'
import type { ModelEntry, Models } from '@gatehouse/llm'
import type { Logger } from '@gatehouse/platform'
import type { CallLog } from '@gatehouse/usage'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { rawScope } from '../http/raw-scope.js'
import { asked } from '../openai/openai.routes.js'
import type { AliasListing } from '../openai/route.js'
import type { Router } from '../openai/router.js'
import { firstWay, listedFor, plainNumber, pricePerToken, wayName } from './listed.js'

/** What lists models. */
export interface ListRoutes {
  models: Models
  router: Router
  calls: Pick<CallLog, 'price'>
  logger: Logger
}

/** A model in OpenAI's shape (https://platform.openai.com/docs/api-reference/models/object), with what else is known of it. */
interface ListedModel {
  id: string
  object: 'model'
  created: number
  owned_by: string
  context_length?: number
  input_modalities?: readonly string[]
  output_modalities?: readonly string[]
  /** US dollars for one token, as OpenRouter writes them. */
  pricing?: { prompt: string; completion: string }
  status: string
  /** Of an alias: what answers to it. */
  candidates?: string[]
}

/** `GET /v1/models` and `GET /v1/models/{id}`, an id having a slash, raw or encoded. */
export async function modelsRoutes(server: FastifyInstance, routes: ListRoutes): Promise<void> {
  await rawScope(server, routes.logger, (scope) => {
    const config = { access: 'caller' } as const
    for (const prefix of ['/v1', '']) {
      scope.get(`${prefix}/models`, { config }, (request) => list(routes, request))
      scope.get(`${prefix}/models/*`, { config }, (request, reply) => one(routes, request, reply))
    }
  })
}

async function list(routes: ListRoutes, request: FastifyRequest) {
  const provider = asked(request) === undefined ? undefined : routes.models.providerId(asked(request))
  const data = await all(routes, request)
  return {
    object: 'list',
    data: provider === undefined ? data : data.filter(({ owned_by }) => owned_by === provider),
  }
}

async function one(routes: ListRoutes, request: FastifyRequest, reply: FastifyReply) {
  const id = (request.params as { '*': string })['*']
  const data = await all(routes, request)
  const slash = id.indexOf('/')
  // `gemini/…` is as good a name as `google/…`.
  const own = slash === -1 ? id : `${nameOf(routes.models, id.slice(0, slash))}${id.slice(slash)}`
  const provider = asked(request)
  const bare = provider === undefined ? undefined : `${routes.models.providerId(provider)}/${id}`
  const found = data.filter((model) => model.id === own || model.id === bare)
  const alone = found.length > 0 ? found : data.filter((model) => model.id.endsWith(`/${id}`))
  if (alone.length === 1 && alone[0]) return reply.send(alone[0])
  throw new AppError('model_not_found', {
    param: 'model',
    message:
      alone.length === 0
        ? `There is no model "${id.slice(0, 100)}" here. GET /v1/models lists them.`
        : `Several providers have "${id.slice(0, 100)}": ${alone.map((model) => model.id).join(', ')}.`,
  })
}

function nameOf(models: Models, name: string): string {
  try {
    return models.providerId(name)
  } catch {
    return name
  }
}

/** What the caller may use. */
async function all({ models, router, calls }: ListRoutes, request: FastifyRequest): Promise<ListedModel[]> {
  const listed = listedFor(request.user?.modelLists ?? [], await models.list(), router.aliases())
  return [
    ...listed.aliases.map(aliasModel),
    ...listed.entries.map((entry) => providerModel(entry, models, calls)),
  ]
}

function aliasModel({ id, candidates }: AliasListing): ListedModel {
  return {
    id,
    object: 'model',
    created: 0,
    owned_by: 'gatehouse',
    status: 'ready',
    candidates: candidates.map(wayName),
  }
}

function providerModel(entry: ModelEntry, models: Models, calls: ListRoutes['calls']): ListedModel {
  const { id, provider, model, created, contextLength, inputModalities, outputModalities, status } = entry
  const pricing = pricingOf(entry, models, calls)
  return {
    id,
    object: 'model',
    created: created ?? 0,
    owned_by: provider,
    ...(contextLength === undefined ? {} : { context_length: contextLength }),
    ...(inputModalities === undefined ? {} : { input_modalities: inputModalities }),
    ...(outputModalities === undefined ? {} : { output_modalities: outputModalities }),
    ...(pricing === undefined || model === '' ? {} : { pricing }),
    status,
  }
}

function pricingOf(entry: ModelEntry, models: Models, calls: ListRoutes['calls']) {
  const candidate = firstWay(models, entry)
  const price = candidate && pricePerToken(candidate, calls)
  return price
    ? { prompt: plainNumber(price.input, 12), completion: plainNumber(price.output, 12) }
    : undefined
}
