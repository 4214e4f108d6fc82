import { createSecretKey, hkdfSync } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { parseCookie, stringifySetCookie } from 'cookie'
import type { FastifyReply } from 'fastify'
import { EncryptJWT, jwtDecrypt } from 'jose'
import { addCookie } from '../http/session-cookie.js'

/** A short-lived value that a browser keeps for us and can neither read nor change. */
export interface SealedCookie {
  set(
    request: IncomingMessage,
    reply: FastifyReply,
    key: string,
    value: Record<string, unknown>,
  ): Promise<void>
  /** null where there is none, or it is not ours, or too old. */
  take(request: IncomingMessage, reply: FastifyReply, key: string): Promise<Record<string, unknown> | null>
}

const lifetimeSeconds = 15 * 60
/** Sign-ins that a browser can have open at once; more cookies would soon be too many headers for any request. */
const maxOpen = 4

/**
 * Encrypted (JWE, RFC 7516, direct AES-256-GCM) with a key derived from the session secret for this purpose alone, so
 * that it can be neither forged nor taken for a session token.
 * @param options.name beginning of the cookie's name; the rest is `key`, so that two tabs do not overwrite each other
 * @param options.secure whether PUBLIC_URL is https: then `Secure` and the `__Host-` prefix, without which another host
 * of the same domain could plant a sign-in of its own that it began with us
 */
export function createSealedCookie(secret: string, options: { name: string; secure: boolean }): SealedCookie {
  const key = createSecretKey(
    Buffer.from(hkdfSync('sha256', secret, '', `gatehouse cookie ${options.name}`, 32)),
  )
  const attributes = { httpOnly: true, secure: options.secure, sameSite: 'lax', path: '/' } as const
  const prefix = `${options.secure ? '__Host-' : ''}${options.name}_`
  const nameOf = (part: string) => `${prefix}${part.replace(/[^A-Za-z0-9_-]/g, '').slice(0, 16)}`
  return {
    async set(request, reply, part, value) {
      const open = Object.keys(parseCookie(request.headers.cookie ?? '')).filter((name) =>
        name.startsWith(prefix),
      )
      for (const name of open.slice(0, Math.max(0, open.length - maxOpen + 1))) {
        addCookie(reply, stringifySetCookie({ name, value: '', ...attributes, maxAge: 0 }))
      }
      const sealed = await new EncryptJWT(value)
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .setIssuedAt()
        .setExpirationTime(`${lifetimeSeconds}s`)
        .encrypt(key)
      addCookie(
        reply,
        stringifySetCookie({ name: nameOf(part), value: sealed, ...attributes, maxAge: lifetimeSeconds }),
      )
    },
    async take(request, reply, part) {
      const sealed = parseCookie(request.headers.cookie ?? '')[nameOf(part)]
      if (!sealed) return null
      addCookie(reply, stringifySetCookie({ name: nameOf(part), value: '', ...attributes, maxAge: 0 }))
      try {
        return (
          await jwtDecrypt(sealed, key, {
            keyManagementAlgorithms: ['dir'],
            contentEncryptionAlgorithms: ['A256GCM'],
          })
        ).payload
      } catch {
        return null
      }
    },
  }
}
