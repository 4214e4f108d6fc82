import type { Accounts } from '@gatehouse/accounts'
import { AppError } from '@gatehouse/contracts'
import { Inject, Injectable } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { GatewayConfig } from '../config.js'
import { ACCOUNTS, AUTHENTICATE, CONFIG, SESSION_COOKIE } from '../tokens.js'
import type { Access } from './access.js'
import type { Authenticate } from './authenticate.js'
import { type Caller, sessionOf } from './caller.js'
import type { SessionCookie } from './session-cookie.js'

const safe = new Set(['GET', 'HEAD', 'OPTIONS'])

/** What happens once a caller is known, the same for a Nest route and a raw one. */
@Injectable()
export class Entry {
  constructor(
    @Inject(CONFIG) private readonly config: GatewayConfig,
    @Inject(AUTHENTICATE) private readonly authenticate: Authenticate,
    @Inject(ACCOUNTS) private readonly accounts: Accounts,
    @Inject(SESSION_COOKIE) private readonly cookie: SessionCookie,
  ) {}

  /** Authenticates and admits a request of a raw Fastify route. */
  open(request: FastifyRequest, reply: FastifyReply, access: Access): void | Promise<void> {
    if (access === 'public') return
    const caller = this.authenticate(request.raw, request)
    if (caller instanceof Promise)
      return caller.then((known) => {
        request.user = known
        this.admit(request, reply, access)
      })
    request.user = caller
    this.admit(request, reply, access)
  }

  /** Asks anew who it is, after a body that came slowly; cheap, since the session is cached. */
  confirm(request: FastifyRequest, access: Access): void | Promise<void> {
    if (request.user === undefined || safe.has(request.method)) return
    const { user } = request
    // At once where nothing has changed, as nearly always.
    if (user.unchanged()) return
    const confirmed = (caller: Caller) => {
      request.user = caller
      refuseOthers(caller, access)
    }
    const caller = this.authenticate(request.raw, request)
    if (caller instanceof Promise) return caller.then(confirmed)
    confirmed(caller)
  }

  /**
   * Checks the role, that a cookie's request comes from our own pages, and gives a browser session more time.
   * @throws AppError `forbidden`, `admin_required`, `cross_site_request`, `unsupported_media_type`
   */
  admit(request: FastifyRequest, reply: FastifyReply, access: Access): void {
    const caller = request.user
    if (!caller) throw new AppError('missing_credential')
    if (caller.via === 'cookie') {
      this.sameSite(request)
      this.slide(request, reply)
    }
    refuseOthers(caller, access)
    if (caller.credential.kind === 'key')
      this.accounts.keyUsed(caller.credential.id, {
        address: request.ip,
        userAgent: request.headers['user-agent'] ?? null,
      })
  }

  /** A browser sends the cookie along with requests that other sites make it send; those change nothing here. */
  private sameSite({ method, headers }: FastifyRequest): void {
    if (safe.has(method)) return
    const site = headers['sec-fetch-site']
    const sameOrigin =
      headers.origin === undefined ? site === 'same-origin' : headers.origin === this.config.publicUrl
    if (!sameOrigin || (site !== undefined && site !== 'same-origin'))
      throw new AppError('cross_site_request')
    const type = headers['content-type']
    if (type !== undefined && !/^application\/json\b/i.test(type))
      throw new AppError('unsupported_media_type')
  }

  /** Half of a token's life is over: the next one, within the session's own end. */
  private slide(request: FastifyRequest, reply: FastifyReply): void {
    const caller = request.user
    if (caller?.session?.kind !== 'browser') return
    const halfMs = (this.config.accessTokenSeconds * 1000) / 2
    if (caller.tokenExpiresAt.getTime() - Date.now() < halfMs) this.cookie.set(reply, caller.session)
  }
}

/** @throws AppError `forbidden`, `admin_required` */
function refuseOthers(caller: Caller, access: Access): void {
  // A key is a piece of its owner's rights that lies about in files: it never is the admin that its owner may be.
  if (access === 'person' || (access === 'admin' && caller.credential.kind === 'key')) sessionOf(caller)
  if (access === 'admin' && !caller.roles.includes('admin')) throw new AppError('admin_required')
}
