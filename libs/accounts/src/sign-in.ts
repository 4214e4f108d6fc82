import { AppError } from '@gatehouse/contracts'
import { type Database, databaseFailure, type Transaction } from '@gatehouse/platform'
import { v7 as uuidv7 } from 'uuid'
import { type Actor, type AuditEntry, appendAudit } from './audit.js'
import { announce, type Change } from './changes.js'
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
 * Finds or makes the account of an identity, keyed by (issuer, subject) and by nothing else, and opens a session.
 * @throws AppError `user_exists`, `user_not_found`, `account_disabled`, `domain_not_allowed`, `link_required`
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
      if (known && known.principal.status !== 'active') throw new AppError('account_disabled')
      if (known && mode === 'register') throw new AppError('user_exists')
      if (!known && mode === 'login') throw new AppError('user_not_found')

      const { principal, grant } = known
        ? await enter(transaction, policy, identity, known)
        : await register(transaction, policy, identity)
      const changes: Change[] = known && grant ? [{ kind: 'principal', subject: principal.id }] : []
      for (const change of changes) await announce(transaction, change)
      const session = await openSession(transaction, principal.id, identity.provider, newSession, actor)
      if (grant) await appendAudit(transaction, { ...actor, principalId: null }, grant)
      await appendAudit(
        transaction,
        { ...actor, principalId: principal.id },
        {
          action: known ? 'sign_in' : 'register',
          target: { kind: 'principal', id: principal.id },
          after: { provider: identity.provider, session: session.id },
        },
      )
      return { principal: toPrincipal(principal), session, isNew: !known, changes }
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
async function lockEmail(transaction: Transaction, identity: ProvenIdentity): Promise<void> {
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
): Promise<Entered> {
  const proven = identity.emailVerified ? identity.email : null
  const domain = proven?.split('@')[1]
  if (policy.allowedDomains.length > 0 && !(domain && policy.allowedDomains.includes(domain))) {
    throw new AppError('domain_not_allowed')
  }
  if (proven && (await verifiedElsewhere(transaction, proven))) throw new AppError('link_required')

  const id = uuidv7()
  const roles = proven && policy.adminEmails.includes(proven) ? ['admin', 'member'] : ['member']
  const principal = await transaction.principal.create({
    data: {
      id,
      kind: 'user',
      name: identity.name,
      email: identity.email,
      roles,
      lastSeenAt: new Date(),
      identities: {
        create: {
          id: uuidv7(),
          provider: identity.provider,
          issuer: identity.issuer,
          subject: identity.subject,
          email: identity.email,
          emailVerified: identity.emailVerified,
        },
      },
    },
  })
  return { principal, grant: roles.includes('admin') ? granted(id, roles) : undefined }
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
  if (principal.status !== 'active') throw new AppError('account_disabled')
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

function verifiedElsewhere(transaction: Transaction, email: string, except?: string) {
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
