import { type Accounts, keyHash, type LiveKey } from '@gatehouse/accounts'
import { AppError } from '@gatehouse/contracts'
import { networkOf } from '@gatehouse/identity'
import type { Caller } from './caller.js'

/** How every API key begins. */
export const keyBeginning = 'gh_'

/** Where a request comes from. */
export interface Peer {
  readonly ip: string
}

/**
 * The caller of an API key, at once where it is known. A typo is told from a key that does not hold without anybody being
 * asked; why one does not hold is not told.
 * @param peer who shows it; without one it is not counted whose key it may be
 * @throws AppError `invalid_token`, `account_disabled`, `rate_limited`, `unavailable`
 */
export function byKey(
  accounts: Pick<Accounts, 'knownKey' | 'key'>,
  text: string,
  peer?: Peer,
): Caller | Promise<Caller> {
  const hash = keyHash(text)
  if (hash === 'malformed')
    throw new AppError('invalid_token', {
      message: 'The API key is mistyped or cut off: its checksum does not fit. Copy the whole of it.',
    })
  const known = accounts.knownKey(hash)
  if (known !== undefined) return callerOf(accounts, hash, known)
  // Who is gone already has no address, and takes the turns of all who have none.
  const from = peer && networkOf(peer.ip || 'gone')
  return accounts.key(hash, from).then((live) => callerOf(accounts, hash, live))
}

function callerOf(accounts: Pick<Accounts, 'knownKey' | 'key'>, hash: string, live: LiveKey | null): Caller {
  const { id, principal, models, expiresAt } = holding(live)
  return {
    principal,
    roles: principal.roles,
    session: null,
    credential: { kind: 'key', id },
    via: 'bearer',
    // Each narrows the other: a key is never more than its owner, also when the owner becomes less than the key (T38).
    modelLists: listsOf(principal, models),
    tokenExpiresAt: expiresAt,
    unchanged: () => accounts.knownKey(hash)?.principal === principal,
    async check() {
      const now = holding(await accounts.key(hash))
      return listsOf(now.principal, now.models)
    },
  }
}

const listsOf = (principal: LiveKey['principal'], models: LiveKey['models']) =>
  [principal.models, models].filter((list) => list !== null)

function holding(live: LiveKey | null): LiveKey {
  if (!live)
    throw new AppError('invalid_token', {
      message: 'The API key is unknown, has expired or was revoked. Make another one.',
    })
  if (live.principal.status !== 'active') throw new AppError('account_disabled')
  return live
}
