import type { Logger } from '@gatehouse/platform'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Caller } from '../http/caller.js'
import { rawScope } from '../http/raw-scope.js'
import { largeBodyLimit } from '../http/server.js'
import { chatCompletions, embeddings, otherEndpoints } from './endpoints.js'
import type { Pipeline } from './pipeline.js'
import type { Router } from './router.js'
import { bodyOf, serve } from './serve.js'

/** What the routes that call models are made of. */
export interface ModelRoutes {
  pipeline: Pipeline
  router: Router
  logger: Logger
  /** KEEP_CONTENT=all: what is said by these routes is kept too. */
  keepContent: boolean
  /** KEEP_CONTENT is `own` or `all`: of these routes, what is said in the playground is kept. */
  keepPlayground: boolean
}

/** OpenAI's API, for its official clients: https://platform.openai.com/docs/api-reference */
export async function openAiRoutes(server: FastifyInstance, routes: ModelRoutes): Promise<void> {
  const { pipeline, router, logger } = routes
  await rawScope(server, logger, (scope) => {
    for (const endpoint of [chatCompletions, embeddings, ...otherEndpoints]) {
      const name = `/v1${endpoint.path}`
      for (const url of endpoint.bare ? [name, endpoint.path] : [name])
        scope.post(
          url,
          { config: { access: 'caller', relays: true, bodyLimit: largeBodyLimit } },
          (request, reply) => {
            const arrivedAt = performance.now()
            const body = bodyOf(request, endpoint)
            const route = router.byName(body.model, asked(request))
            const keepContent =
              routes.keepContent ||
              (routes.keepPlayground && endpoint === chatCompletions && isPlayground(request.user))
            return serve(pipeline, { endpoint, name, route, body, request, reply, keepContent, arrivedAt })
          },
        )
    }
  })
}

/** The web app asks with its cookie; programs come with a token or a key, and their words are not people's own. */
const isPlayground = (caller: Caller | undefined): boolean =>
  caller?.credential.kind === 'session' && caller.via === 'cookie'

/** What `?provider=` says. */
export const asked = (request: FastifyRequest): unknown => (request.query as { provider?: unknown }).provider
