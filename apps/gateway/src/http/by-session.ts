import type { Accounts, LiveSession } from '@gatehouse/accounts'
import { AppError } from '@gatehouse/contracts'
import type { Caller } from './caller.js'

/** What is known of a session without its database. */
export interface SessionProof {
  sessionId: string
  /** The principal's id. */
  subject: string
  via: Caller['via']
  expiresAt: Date
}

/** The caller of a session that holds, at once where it is known. @throws AppError `session_ended`, `account_disabled` */
export function bySession(
  accounts: Pick<Accounts, 'knownSession' | 'session'>,
  proof: SessionProof,
): Caller | Promise<Caller> {
  const known = accounts.knownSession(proof.sessionId)
  if (known !== undefined) return callerOf(accounts, proof, known)
  return accounts.session(proof.sessionId).then((live) => callerOf(accounts, proof, live))
}

function callerOf(
  accounts: Pick<Accounts, 'knownSession' | 'session'>,
  proof: SessionProof,
  live: LiveSession | null,
): Caller {
  const { session, principal } = holding(live, proof)
  return {
    principal,
    roles: principal.roles,
    session,
    credential: { kind: 'session', id: session.id },
    via: proof.via,
    modelLists: principal.models ? [principal.models] : [],
    tokenExpiresAt: proof.expiresAt,
    unchanged: () => accounts.knownSession(session.id)?.principal === principal,
    async check() {
      holding(await accounts.session(session.id), proof)
    },
  }
}

function holding(live: LiveSession | null, { subject }: SessionProof): LiveSession {
  if (!live || live.principal.id !== subject) throw new AppError('session_ended')
  if (live.principal.status !== 'active') throw new AppError('account_disabled')
  return live
}
