import { AppError } from '@gatehouse/contracts'
import type { Models } from '@gatehouse/llm'
import type { FastifyInstance } from 'fastify'
import { rawScope } from '../http/raw-scope.js'
import { largeBodyLimit } from '../http/server.js'
import type { Endpoint } from '../openai/endpoints.js'
import { asked, type ModelRoutes } from '../openai/openai.routes.js'
import type { Route } from '../openai/route.js'
import { bodyOf, serve } from '../openai/serve.js'
import { anthropicErrorEvent } from './anthropic-error.js'

const messages: Endpoint = {
  path: '/messages',
  operation: 'chat',
  by: 'messages',
  answersJson: true,
  hasChoices: false,
  streams: 'typed',
  free: false,
  takesForm: false,
  keeps: false,
  bare: false,
  errorEvent: anthropicErrorEvent,
}

/**
 * Anthropic's API, for its own clients: https://docs.anthropic.com/en/api/messages. Passed on to providers that speak
 * it; errors are in Anthropic's envelope.
 */
export async function messagesRoutes(
  server: FastifyInstance,
  { pipeline, router, logger, keepContent, models }: ModelRoutes & { models: Models },
): Promise<void> {
  const aliases = new Set(router.aliases().map(({ id }) => id))
  /** Whose model a bare name is: where one provider alone speaks this API, its. */
  const providerOf = (model: string | undefined): string | undefined => {
    if (model === undefined || model.includes('/') || aliases.has(model)) return undefined
    const speaking = models
      .status()
      .filter(({ id, state }) => state === 'ready' && models.resolve(id, model)[0]?.messages !== undefined)
    return speaking.length === 1 ? speaking[0]?.id : undefined
  }
  await rawScope(server, logger, (scope) => {
    for (const endpoint of [messages, { ...messages, path: '/messages/count_tokens', free: true }]) {
      const name = `/v1${endpoint.path}`
      const config = {
        access: 'caller',
        relays: true,
        bodyLimit: largeBodyLimit,
        errors: 'anthropic',
      } as const
      scope.post(name, { config }, (request, reply) => {
        const arrivedAt = performance.now()
        const body = bodyOf(request, endpoint)
        const provider = asked(request) ?? providerOf(body.model)
        const route = speaking(router.byName(body.model, provider))
        return serve(pipeline, { endpoint, name, route, body, request, reply, keepContent, arrivedAt })
      })
    }
  })
}

/** @throws AppError `unsupported_by_provider` */
function speaking(route: Route): Route {
  const candidates = route.candidates.filter(({ messages }) => messages !== undefined)
  const [first] = route.candidates
  if (candidates.length > 0) return { ...route, candidates }
  throw new AppError('unsupported_by_provider', {
    param: 'model',
    message: `The provider ${first?.provider} does not speak Anthropic's Messages API. Call its models by /v1/chat/completions.`,
  })
}
