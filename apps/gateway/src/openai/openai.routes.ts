import type { Logger } from '@gatehouse/platform'
import type { FastifyInstance, FastifyRequest } from 'fastify'
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
}

/** OpenAI's API, for its official clients: https://platform.openai.com/docs/api-reference */
export async function openAiRoutes(server: FastifyInstance, routes: ModelRoutes): Promise<void> {
  const { pipeline, router, logger, keepContent } = routes
  await rawScope(server, logger, (scope) => {
    for (const endpoint of [chatCompletions, embeddings, ...otherEndpoints]) {
      const name = `/v1${endpoint.path}`
      for (const url of endpoint.bare ? [name, endpoint.path] : [name])
        scope.post(url, { config: { access: 'caller', bodyLimit: largeBodyLimit } }, (request, reply) => {
          const arrivedAt = performance.now()
          const body = bodyOf(request, endpoint)
          const route = router.byName(body.model, asked(request))
          return serve(pipeline, { endpoint, name, route, body, request, reply, keepContent, arrivedAt })
        })
    }
  })
}

/** What `?provider=` says. */
export const asked = (request: FastifyRequest): unknown => (request.query as { provider?: unknown }).provider
