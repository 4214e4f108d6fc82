import type { IncomingMessage } from 'node:http'
import type { Accounts } from '@gatehouse/accounts'
import { AppError } from '@gatehouse/contracts'
import type { GatewayConfig } from '../config.js'
import { isLoopbackHost } from '../local-issuer/loopback.js'
import { identityOf } from '../local-issuer/person.js'
import type { Authenticate } from './authenticate.js'
import { bySession } from './by-session.js'

/** Who calls while ENABLE_AUTH is false; a person of the local sign-in like any other, who has these calls in the history. */
export const localCaller = 'local@localhost'

/** A new session begins where the one before it ends: nothing is for ever, not even this. */
const sessionSeconds = 24 * 3600

/**
 * In place of `createAuthenticate` while ENABLE_AUTH is false: everybody on this machine is one principal, whatever
 * credential they send. Not so the pages of other sites that are open in a browser here: they reach loopback as well.
 * @throws AppError `cross_site_request`, `account_disabled`, `unavailable`
 */
export function createLocalAuthenticate(
  accounts: Pick<Accounts, 'knownSession' | 'session' | 'signIn'>,
  config: Pick<GatewayConfig, 'publicUrl' | 'corsOrigins'>,
): Authenticate {
  const origins = new Set([config.publicUrl, ...config.corsOrigins])
  const actor = { principalId: null, address: null, userAgent: 'ENABLE_AUTH=false', requestId: null }
  let entered: Promise<string> | undefined

  const enter = (): Promise<string> => {
    const session = { kind: 'token', seconds: sessionSeconds } as const
    entered ??= accounts.signIn(identityOf(localCaller), 'either', session, actor).then(
      (signedIn) => signedIn.session.id,
      (error: unknown) => {
        entered = undefined
        throw error
      },
    )
    return entered
  }

  return async (request) => {
    refuseOtherSites(request, origins)
    const current = enter()
    let live = await accounts.session(await current)
    if (live?.principal.status !== 'active') {
      if (entered === current) entered = undefined
      live = await accounts.session(await enter())
    }
    if (!live) throw new AppError('unavailable')
    const { id: sessionId, principalId: subject, expiresAt } = live.session
    return bySession(accounts, { sessionId, subject, expiresAt, via: 'bearer' })
  }
}

/**
 * A page can send a request here without asking (its `Origin` or `Sec-Fetch-Site` tells), or under a name of its own that
 * leads to loopback (DNS rebinding; its `Host` tells).
 */
function refuseOtherSites({ headers }: IncomingMessage, origins: ReadonlySet<string>): void {
  if (!isLoopbackHost((headers.host ?? '').replace(/:\d+$/, ''))) {
    throw new AppError('cross_site_request', {
      message: 'While ENABLE_AUTH is false, call this gateway as localhost or 127.0.0.1.',
    })
  }
  const { origin, 'sec-fetch-site': site } = headers
  const own =
    origin === undefined
      ? site === undefined || site === 'same-origin' || site === 'none'
      : origins.has(origin)
  if (!own) throw new AppError('cross_site_request')
}
