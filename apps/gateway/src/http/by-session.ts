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

/** The caller of a session that holds, at once where it is known. @throws AppError `session_ended`, `session_disabled` */
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
    modelLists: listsOf(principal),
    tokenExpiresAt: proof.expiresAt,
    unchanged: () => accounts.knownSession(session.id)?.principal === principal,
    async check() {
      return listsOf(holding(await accounts.session(session.id), proof).principal)
    },
  }
}

const listsOf = ({ models }: LiveSession['principal']) => (models ? [models] : [])

function holding(live: LiveSession | null, { subject }: SessionProof): LiveSession {
  if (!live || live.principal.id !== subject) throw new AppError('session_ended')
  if (live.principal.status !== 'active') throw new AppError('session_disabled')
  return live
}
