import type { Logger } from '@gatehouse/platform'
import type { FastifyInstance } from 'fastify'
import { sendError } from './error.filter.js'

/**
 * A scope of raw routes: their bodies come as bytes whatever the content type says (curl sends a form's unless told
 * otherwise), and their errors are answered here, since they do not meet Nest's filter.
 */
export async function rawScope(
  server: FastifyInstance,
  logger: Logger,
  routes: (scope: FastifyInstance) => void,
): Promise<void> {
  await server.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.setErrorHandler((error, request, reply) => sendError(request, reply, error, logger))
    // JSON by its name too: Fastify looks at any other type anew with every request.
    for (const type of ['application/json', '*'])
      scope.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    routes(scope)
  })
}
