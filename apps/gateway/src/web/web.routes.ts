import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { Accounts } from '@gatehouse/accounts'
import { type WebBoot, webPages } from '@gatehouse/contracts'
import type { SignIn, TrustedIssuers } from '@gatehouse/identity'
import { type Logger, packageRoot } from '@gatehouse/platform'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { GatewayConfig } from '../config.js'
import type { Authenticate } from '../http/authenticate.js'
import { atOwnName } from '../http/own-name.js'
import { rawScope } from '../http/raw-scope.js'
import { viewOfMe } from '../users/me.js'
import { createPage } from './page.js'
import { appStyleSource } from './style-source.js'

/** What serves the web app. */
export interface WebRoutes {
  accounts: Accounts
  authenticate: Authenticate
  config: GatewayConfig
  issuers: TrustedIssuers
  logger: Logger
  signIn: SignIn
  version: string
}

/** A year: the name of such a file holds the hash of what is in it. */
const forever = 'public, max-age=31536000, immutable'
const shortly = 'public, max-age=300'

/** The web app: its pages, each with what it begins with, and its files. */
export async function webRoutes(server: FastifyInstance, routes: WebRoutes): Promise<void> {
  const folder = join(packageRoot(), 'dist', 'apps', 'web')
  const file = join(folder, 'index.html')
  if (!existsSync(file)) throw new Error(`The web app is not built: ${file} is absent. Run: npm run build`)
  const page = createPage(readFileSync(file, 'utf8'))
  await server.register(fastifyStatic, {
    root: join(folder, 'assets'),
    prefix: '/assets/',
    decorateReply: false,
    index: false,
    preCompressed: true,
    cacheControl: false,
    setHeaders: (reply, path) => {
      void reply.header('cache-control', /-[\w-]{8}\.\w+(?:\.br|\.gz)?$/.test(path) ? forever : shortly)
    },
  })
  await rawScope(server, routes.logger, (scope) => {
    for (const url of webPages) {
      scope.get(url, { config: { access: 'public' } }, async (request, reply) => {
        const rightful = atOwnName(request, routes.config)
        if (rightful) return reply.redirect(rightful, 302)
        const nonce = randomBytes(16).toString('base64')
        const policy = String(reply.getHeader('content-security-policy') ?? '')
        return reply
          .type('text/html; charset=utf-8')
          .header('content-security-policy', appStyleSource(policy, nonce))
          .send(page(await bootOf(routes, request, nonce)))
      })
    }
  })
}

async function bootOf(routes: WebRoutes, request: FastifyRequest, nonce: string): Promise<WebBoot> {
  const { accounts, authenticate, config, issuers, signIn, version } = routes
  const caller = await Promise.try(authenticate, request.raw, request).catch(() => null)
  // Only for whom the page's own calls will be answered: a browser sends its cookie and nothing else.
  const me = caller?.session ? await accounts.me.get(caller.principal.id).catch(() => null) : null
  return {
    nonce,
    me: me && viewOfMe(me, config),
    sign_in: signIn.list().filter(({ browser }) => browser),
    server: {
      version,
      public_url: config.publicUrl,
      development: !config.production,
      // Audiences and addresses of a house's issuers are for those who live in it.
      issuers: me
        ? issuers.list().map(({ name, issuer, audiences }) => ({ name, issuer, audiences: [...audiences] }))
        : [],
    },
  }
}
