import { AppError } from '@gatehouse/contracts'
import { type Database, databaseFailure, type Transaction } from '@gatehouse/platform'
import { v7 as uuidv7 } from 'uuid'
import { type Actor, type AuditEntry, appendAudit } from './audit.js'
import { announce, type Change } from './changes.js'
import { refuseGone } from './deletion.js'
import { type Principal, toPrincipal } from './directory.js'
import { type NewSession, openSession } from './sessions.js'

/** What an issuer proved of somebody. */
export interface ProvenIdentity {
  provider: string
  issuer: string
  subject: string
  email: string | null
  emailVerified: boolean
  name: string | null
}

/** Who may register, and who is an admin from the start. */
export interface SignInPolicy {
  /** Lower case. */
  adminEmails: readonly string[]
  /** Lower case; empty: everybody. */
  allowedDomains: readonly string[]
}

/** A sign-in that went through. */
export interface SignedIn {
  principal: Principal
  session: { id: string; expiresAt: Date; createdAt: Date }
  isNew: boolean
  /** To be applied at once by this process; the others read them from the feed. */
  changes: Change[]
}

/** `register` refuses a known identity, `login` an unknown one; a browser sign-in takes both. */
export type SignInMode = 'register' | 'login' | 'either'

/**
 * Finds or makes the account of an identity, keyed by (issuer, subject) and by nothing else, and opens a session. What was
 * a service account until now, since a program was the first to come with this identity, becomes a person's by registering.
 * @throws AppError `user_exists`, `user_not_found`, `account_disabled`, `account_deleted`, `domain_not_allowed`,
 * `link_required`
 */
export async function signIn(
  database: Database,
  policy: SignInPolicy,
  identity: ProvenIdentity,
  mode: SignInMode,
  newSession: NewSession,
  actor: Actor,
): Promise<SignedIn> {
  try {
    return await database.transaction(async (transaction) => {
      await lockEmail(transaction, identity)
      const known = await transaction.identity.findUnique({
        where: { issuer_subject: { issuer: identity.issuer, subject: identity.subject } },
        include: { principal: true },
      })
      if (known) refuseGone(known.principal)
      const isNew = known?.principal.kind !== 'user'
      if (!isNew && mode === 'register') throw new AppError('user_exists')
      if (isNew && mode === 'login') throw new AppError('user_not_found')

      const { principal, grant } =
        known && !isNew
          ? await enter(transaction, policy, identity, known)
          : await register(transaction, policy, identity, known)
      const changes: Change[] =
        known && (grant || isNew) ? [{ kind: 'principal', subject: principal.id }] : []
      for (const change of changes) await announce(transaction, change)
      const session = await openSession(transaction, principal.id, identity.provider, newSession, actor)
      if (grant) await appendAudit(transaction, { ...actor, principalId: null }, grant)
      await appendAudit(
        transaction,
        { ...actor, principalId: principal.id },
        {
          action: isNew ? 'register' : 'sign_in',
          target: { kind: 'principal', id: principal.id },
          after: { provider: identity.provider, session: session.id },
        },
      )
      return { principal: toPrincipal(principal), session, isNew, changes }
    })
  } catch (error) {
    // Two registrations of one identity at once: the second one finds the first one's row.
    if (databaseFailure(error).kind === 'unique') {
      if (mode === 'either') return signIn(database, policy, identity, 'login', newSession, actor)
      throw new AppError('user_exists', { cause: error })
    }
    throw error
  }
}

/** Registrations with one verified address wait for each other: the check for another account and the insert are one. */
export async function lockEmail(transaction: Transaction, identity: ProvenIdentity): Promise<void> {
  if (!identity.email || !identity.emailVerified) return
  await transaction.$queryRaw`SELECT pg_advisory_xact_lock(7301002, hashtext(${identity.email}))::text`
}

type PrincipalRow = Awaited<ReturnType<Transaction['principal']['create']>>

/** Who came in; `grant` tells of the admin role that ADMIN_EMAILS gave them just now. */
interface Entered {
  principal: PrincipalRow
  grant?: AuditEntry | undefined
}

async function register(
  transaction: Transaction,
  policy: SignInPolicy,
  identity: ProvenIdentity,
  service: { id: string; principalId: string } | null,
): Promise<Entered> {
  if (!mayRegister(policy, identity)) throw new AppError('domain_not_allowed')
  const proven = identity.emailVerified ? identity.email : null
  if (proven && (await verifiedElsewhere(transaction, proven))) throw new AppError('link_required')

  const id = service?.principalId ?? uuidv7()
  const roles = proven && policy.adminEmails.includes(proven) ? ['admin', 'member'] : ['member']
  const { provider, issuer, subject, email, emailVerified } = identity
  const said = { provider, email, emailVerified }
  const data = { kind: 'user', name: identity.name, email, roles, lastSeenAt: new Date() }
  const principal = service
    ? await transaction.principal.update({
        where: { id },
        data: { ...data, identities: { update: { where: { id: service.id }, data: said } } },
      })
    : await transaction.principal.create({
        data: { id, ...data, identities: { create: { id: uuidv7(), issuer, subject, ...said } } },
      })
  // An admin may have changed it between the look and the lock.
  refuseGone(principal)
  if (service) await refuseKeysOfOthers(transaction, id)
  return { principal, grant: roles.includes('admin') ? granted(id, roles) : undefined }
}

/** Whoever holds a key of the service account would read the history of the person that it becomes. */
async function refuseKeysOfOthers(transaction: Transaction, principalId: string): Promise<void> {
  const keys = await transaction.apiKey.count({
    where: {
      principalId,
      expiresAt: { gt: new Date() },
      OR: [{ revokedAt: null }, { revokedAt: { gt: new Date() } }],
    },
  })
  if (keys > 0)
    throw new AppError('conflict', {
      message: 'This identity is a service account with API keys. Ask an administrator to revoke them.',
    })
}

/** Whether the rule of domains lets an identity in. Only a verified address says of which domain somebody is. */
export function mayRegister({ allowedDomains }: SignInPolicy, identity: ProvenIdentity): boolean {
  const domain = identity.emailVerified ? identity.email?.split('@')[1] : undefined
  return allowedDomains.length === 0 || (domain !== undefined && allowedDomains.includes(domain))
}

/** The row is written first, which makes a change of roles or status by an admin wait: what is read here still holds. */
async function enter(
  transaction: Transaction,
  policy: SignInPolicy,
  identity: ProvenIdentity,
  known: { id: string; principalId: string },
): Promise<Entered> {
  const principal = await transaction.principal.update({
    where: { id: known.principalId },
    data: { lastSeenAt: new Date() },
  })
  refuseGone(principal)
  await refresh(transaction, known.id, identity)
  return grantFromEnvironment(transaction, policy, identity, principal)
}

function granted(id: string, roles: string[], before?: string[]): AuditEntry {
  return {
    action: 'role.granted',
    target: { kind: 'principal', id },
    ...(before ? { before: { roles: before } } : {}),
    after: { roles, source: 'ADMIN_EMAILS' },
  }
}

/** An identity of another account with this verified address, if there is one. */
export function verifiedElsewhere(transaction: Transaction, email: string, except?: string) {
  return transaction.identity.findFirst({
    where: { email, emailVerified: true, ...(except ? { principalId: { not: except } } : {}) },
    select: { id: true },
  })
}

/** Takes over what the issuer says now; an address that became another account's verified one proves nothing here. */
async function refresh(
  transaction: Transaction,
  identityId: string,
  identity: ProvenIdentity,
): Promise<void> {
  const row = await transaction.identity.findUniqueOrThrow({ where: { id: identityId } })
  const taken =
    identity.email !== null &&
    identity.emailVerified &&
    (await verifiedElsewhere(transaction, identity.email, row.principalId)) !== null
  await transaction.identity.update({
    where: { id: identityId },
    data: { lastUsedAt: new Date(), email: identity.email, emailVerified: identity.emailVerified && !taken },
  })
}

/** An account made before its address stood in ADMIN_EMAILS, or before the address was verified, gets the role now. */
async function grantFromEnvironment(
  transaction: Transaction,
  policy: SignInPolicy,
  identity: ProvenIdentity,
  principal: PrincipalRow,
): Promise<Entered> {
  const named =
    identity.email !== null && identity.emailVerified && policy.adminEmails.includes(identity.email)
  if (!named || principal.roles.includes('admin')) return { principal }
  if (await verifiedElsewhere(transaction, identity.email ?? '', principal.id)) return { principal }
  const roles = ['admin', ...principal.roles]
  return {
    principal: await transaction.principal.update({ where: { id: principal.id }, data: { roles } }),
    grant: granted(principal.id, roles, principal.roles),
  }
}
