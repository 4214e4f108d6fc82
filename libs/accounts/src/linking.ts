import { AppError } from '@gatehouse/contracts'
import { type Database, databaseFailure, type Transaction } from '@gatehouse/platform'
import { v7 as uuidv7 } from 'uuid'
import { type Actor, appendAudit } from './audit.js'
import { announce, type Change } from './changes.js'
import { refuseGone } from './deletion.js'
import { uuidOrNil } from './ids.js'
import {
  lockEmail,
  mayRegister,
  type ProvenIdentity,
  type SignInPolicy,
  verifiedElsewhere,
} from './sign-in.js'

/** Somebody has a handful; each is one more way in that has to be kept safe. */
const maxIdentities = 20

/**
 * Adds a proven identity to the account of somebody who is signed in. The proof is of this very identity, and nothing
 * that a caller says about it counts. One that is linked already stays as it is.
 *
 * An identity that has been a service account's until now becomes the person's where nobody else relies on that account:
 * it is active, unlimited and without keys. It is disabled then, and keeps its history.
 * @returns what every replica has to forget
 * @throws AppError `identity_in_use`, `link_required` for a verified address of another account, `domain_not_allowed`,
 * `conflict` for too many and for a service account that is not free, `account_disabled`, `account_deleted`, `not_found`
 */
export async function linkIdentity(
  database: Database,
  policy: SignInPolicy,
  principalId: string,
  identity: ProvenIdentity,
  actor: Actor,
): Promise<Change[]> {
  const once = () =>
    database.transaction(async (transaction) => {
      await lockEmail(transaction, identity)
      await lockAccount(transaction, principalId)
      const known = await transaction.identity.findUnique({
        where: { issuer_subject: { issuer: identity.issuer, subject: identity.subject } },
        include: { principal: true },
      })
      if (known?.principalId === principalId) return []
      if (known && known.principal.kind !== 'service') throw new AppError('identity_in_use')
      // Else a person could keep a way in that no leaver of the allowed domains may have.
      if (!mayRegister(policy, identity)) throw new AppError('domain_not_allowed')
      const verified = identity.emailVerified ? identity.email : null
      if (verified && (await verifiedElsewhere(transaction, verified, principalId)))
        throw new AppError('link_required')
      if ((await transaction.identity.count({ where: { principalId } })) >= maxIdentities) {
        throw new AppError('conflict', { message: `An account has at most ${maxIdentities} identities.` })
      }

      if (known) await releaseServiceAccount(transaction, known.principal)
      const { provider, issuer, subject, email, emailVerified } = identity
      const data = {
        principalId,
        provider,
        email,
        emailVerified,
        linkedAt: new Date(),
        lastUsedAt: new Date(),
      }
      const { id } = known
        ? await transaction.identity.update({ where: { id: known.id }, data })
        : await transaction.identity.create({ data: { id: uuidv7(), issuer, subject, ...data } })
      const changes = [principalId, ...(known ? [known.principalId] : [])].map(
        (changed): Change => ({ kind: 'principal', subject: changed }),
      )
      for (const change of changes) await announce(transaction, change)
      await appendAudit(
        transaction,
        { ...actor, principalId },
        {
          action: 'identity.linked',
          target: { kind: 'principal', id: principalId },
          after: { identity: id, provider, ...(known ? { service_account: known.principalId } : {}) },
        },
      )
      return changes
    })
  try {
    return await once()
  } catch (error) {
    // Somebody else linked or registered it at the same moment: now their row is there to be found.
    if (databaseFailure(error).kind !== 'unique') throw error
    return once()
  }
}

/**
 * Takes an identity from the account of its owner; never the last one. Sessions that began with its provider end, but
 * for the one that asks: who takes away a way in may well do so because it is in wrong hands.
 * @param sessionId the session that asks
 * @throws AppError `not_found`, `last_identity`
 */
export async function unlinkIdentity(
  database: Database,
  principalId: string,
  identityId: string,
  sessionId: string | null,
  actor: Actor,
): Promise<Change> {
  const id = uuidOrNil(identityId)
  const change: Change = { kind: 'principal', subject: principalId }
  await database.transaction(async (transaction) => {
    // Two who take away the last two at once wait for each other here.
    await lockAccount(transaction, principalId)
    const identities = await transaction.identity.findMany({ where: { principalId } })
    const identity = identities.find((entry) => entry.id === id)
    if (!identity) throw new AppError('not_found')
    if (identities.length === 1) throw new AppError('last_identity')
    await transaction.identity.delete({ where: { id } })
    const { count } = await transaction.session.updateMany({
      where: {
        principalId,
        provider: identity.provider,
        revokedAt: null,
        ...(sessionId === null ? {} : { id: { not: sessionId } }),
      },
      data: { revokedAt: new Date() },
    })
    await announce(transaction, change)
    await appendAudit(transaction, actor, {
      action: 'identity.unlinked',
      target: { kind: 'principal', id: principalId },
      before: { identity: id, provider: identity.provider },
      after: { sessions: count },
    })
  })
  return change
}

/** Holds the account's row, so that what is read of it stays true. @throws AppError as `refuseGone`, `not_found` */
async function lockAccount(transaction: Transaction, id: string): Promise<void> {
  await transaction.$queryRaw`SELECT 1 FROM "Principal" WHERE "id" = ${id}::uuid FOR NO KEY UPDATE`
  const row = await transaction.principal.findUnique({ where: { id } })
  if (row?.kind !== 'user') throw new AppError('not_found')
  refuseGone(row)
}

type PrincipalRow = NonNullable<Awaited<ReturnType<Transaction['principal']['findUnique']>>>

/** What an admin did to a service account must not be undone by the person who takes its identity. */
async function releaseServiceAccount(transaction: Transaction, account: PrincipalRow): Promise<void> {
  await transaction.$queryRaw`SELECT 1 FROM "Principal" WHERE "id" = ${account.id}::uuid FOR NO KEY UPDATE`
  const row = await transaction.principal.findUniqueOrThrow({
    where: { id: account.id },
    include: { keys: { where: { revokedAt: null }, select: { id: true }, take: 1 }, identities: true },
  })
  refuseGone(row)
  if (!row.allModels || row.keys.length > 0) {
    throw new AppError('conflict', {
      message: 'This identity is a service account with keys or limits of its own. Ask an administrator.',
    })
  }
  if (row.identities.length === 1)
    await transaction.principal.update({ where: { id: row.id }, data: { status: 'disabled' } })
}
