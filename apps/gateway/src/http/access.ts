import { SetMetadata } from '@nestjs/common'

/**
 * Who may reach a route. `caller`: anybody who proved who they are, which is what a route that says nothing asks
 * for; `public` and `admin` are said with the decorators below, or as `config: { access }` of a raw Fastify route.
 */
export type Access = 'public' | 'caller' | 'admin'

export const accessKey = 'gatehouse:access'

/** Opens a route to everybody. */
export const Public = () => SetMetadata(accessKey, 'public' satisfies Access)

/** Closes a route to all but admins. */
export const AdminOnly = () => SetMetadata(accessKey, 'admin' satisfies Access)

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may reach a raw route. */
    access?: Access
    /** Bytes; in place of the 1 MiB that holds elsewhere. */
    bodyLimit?: number
  }
}
