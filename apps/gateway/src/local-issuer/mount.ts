import type { FastifyInstance } from 'fastify'
import { type LocalIssuer, localIssuerPath } from './local-issuer.js'

/**
 * Mounts the local issuer on the gateway's server. In a scope of its own without body parsers, since the issuer reads its
 * bodies itself.
 */
export async function mountLocalIssuer(server: FastifyInstance, issuer: LocalIssuer): Promise<void> {
  await server.register(
    async (scope) => {
      scope.removeAllContentTypeParsers()
      scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
      scope.all('/*', (request, reply) => {
        reply.hijack()
        reply.raw.setHeader('x-request-id', request.id)
        issuer.callback(request.raw, reply.raw)
      })
    },
    { prefix: localIssuerPath },
  )
}
