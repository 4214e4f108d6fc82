import type { FastifyRequest } from 'fastify'
import { isLoopbackHost } from '../local-issuer/loopback.js'

/**
 * Where a browser belongs that came by another name of this machine than PUBLIC_URL has. It keeps cookies by name: a
 * sign-in that begins at 127.0.0.1 and comes back to localhost would find none. In development alone; elsewhere people
 * come by one name.
 * @returns the same path at PUBLIC_URL, or null where the name is right or is no other name of this machine
 */
export function atOwnName(
  { headers, raw }: Pick<FastifyRequest, 'headers' | 'raw'>,
  { production, publicUrl }: { production: boolean; publicUrl: string },
): string | null {
  const own = new URL(publicUrl)
  const came = URL.parse(`${own.protocol}//${headers.host ?? ''}`)
  if (production || !came || came.port !== own.port || came.hostname === own.hostname) return null
  return isLoopbackHost(came.hostname) && isLoopbackHost(own.hostname) ? `${own.origin}${raw.url}` : null
}
