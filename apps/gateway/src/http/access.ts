import { RequestMethod, SetMetadata, type Type } from '@nestjs/common'
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js'

/**
 * Who may reach a route. `person`: somebody who signed in, which is what a route that says nothing asks for. `caller`: anybody
 * who proved who they are, API keys and the tokens of machines among them. `admin`: a person with that role, or a machine
 * whose token has it by a rule of the operator's; never a key. All but `person` is said with the decorators below, or as
 * `config: { access }` of a raw Fastify route.
 */
export type Access = 'public' | 'caller' | 'person' | 'admin'

const accessKey = 'gatehouse:access'

/** Opens a route to everybody. */
export const Public = () => SetMetadata(accessKey, 'public' satisfies Access)

/** Opens a route to API keys and to the tokens of machines, beside people. */
export const MachinesToo = () => SetMetadata(accessKey, 'caller' satisfies Access)

/** Closes a route to all but admins. */
export const AdminOnly = () => SetMetadata(accessKey, 'admin' satisfies Access)

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may reach a raw route. */
    access?: Access
    /** Bytes; in place of the 1 MiB that holds elsewhere. */
    bodyLimit?: number
    /** It writes the heads of answers that it relays itself: the headers of every answer are set on the others alone. */
    relays?: boolean
    /** Whose envelope errors have; OpenAI's unless told. */
    errors?: 'anthropic'
  }
}

/** What a route or its controller says; closed where neither says anything. */
export function accessOf(handler: object, controller: object): Access {
  return (Reflect.getMetadata(accessKey, handler) ??
    Reflect.getMetadata(accessKey, controller) ??
    'person') as Access
}

/** Access of every route of some controllers, by `METHOD /path` as Fastify knows it. */
export function accessOfControllers(controllers: readonly Type[]): Map<string, Access> {
  const table = new Map<string, Access>()
  for (const controller of controllers) {
    const prefixes = [Reflect.getMetadata(PATH_METADATA, controller) as string | string[]].flat()
    for (const name of Object.getOwnPropertyNames(controller.prototype)) {
      const handler: unknown = controller.prototype[name]
      if (typeof handler !== 'function' || !Reflect.hasMetadata(METHOD_METADATA, handler)) continue
      const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod]
      for (const prefix of prefixes) {
        for (const path of [Reflect.getMetadata(PATH_METADATA, handler) as string | string[]].flat()) {
          const url = `/${prefix}/${path}`.replace(/\/+/g, '/').replace(/(.)\/$/, '$1')
          table.set(`${method} ${url}`, accessOf(handler, controller))
        }
      }
    }
  }
  return table
}
