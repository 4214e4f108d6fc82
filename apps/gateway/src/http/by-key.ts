import { type Accounts, keyHash, type LiveKey } from '@gatehouse/accounts'
import { AppError } from '@gatehouse/contracts'
import type { Caller } from './caller.js'

/** How every API key begins. */
export const keyBeginning = 'gh_'

/**
 * The caller of an API key, at once where it is known. A typo is told from a key that does not hold without anybody being
 * asked; why one does not hold is not told. @throws AppError `invalid_token`, `account_disabled`, `unavailable`
 */
export function byKey(accounts: Pick<Accounts, 'knownKey' | 'key'>, text: string): Caller | Promise<Caller> {
  const hash = keyHash(text)
  if (hash === 'malformed')
    throw new AppError('invalid_token', {
      message: 'The API key is mistyped or cut off: its checksum does not fit. Copy the whole of it.',
    })
  const known = accounts.knownKey(hash)
  if (known !== undefined) return callerOf(accounts, hash, known)
  return accounts.key(hash).then((live) => callerOf(accounts, hash, live))
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
    modelLists: [principal.models, models].filter((list) => list !== null),
    tokenExpiresAt: expiresAt,
    unchanged: () => accounts.knownKey(hash)?.principal === principal,
    async check() {
      holding(await accounts.key(hash))
    },
  }
}

function holding(live: LiveKey | null): LiveKey {
  if (!live)
    throw new AppError('invalid_token', {
      message: 'The API key is unknown, has expired or was revoked. Make another one.',
    })
  if (live.principal.status !== 'active') throw new AppError('account_disabled')
  return live
}
