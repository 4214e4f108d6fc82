import { createHash } from 'node:crypto'
import type { Database, Transaction } from '@gatehouse/platform'
import { v7 as uuidv7 } from 'uuid'
import type { AuditAction } from './audit-actions.js'

/** Who did something, and from where. */
export interface Actor {
  /** null for the system itself, and for somebody who could not prove who they are. */
  principalId: string | null
  address: string | null
  userAgent: string | null
  requestId: string | null
}

/** What was done. `before` and `after` hold only what changed, and no secret. */
export interface AuditEntry {
  action: AuditAction
  target?: { kind: string; id: string }
  before?: unknown
  after?: unknown
}

const chainStart = '0'.repeat(64)
/** Any constant; one lock for the chain, held to the end of the transaction, so that it never forks. */
const chainLock = 7_301_001n

/**
 * Appends a row in the transaction of the change it tells of: both are there, or neither.
 * It is the last statement of that transaction: the lock of the chain is then held shortly, and whoever holds it waits for
 * nothing else, so that no two transactions wait for each other.
 *
 * The row holds the SHA-256 of itself and of the hash before it, so a row that is altered, or taken out before the last
 * one, shows. What does not show: rows missing at the end, since nothing outside the table says how long the chain is,
 * and a chain that was written anew from some row on, by somebody who may write to the table. Who must prove more keeps
 * the `hash` of the newest row elsewhere from time to time.
 */
export async function appendAudit(transaction: Transaction, actor: Actor, entry: AuditEntry): Promise<void> {
  await transaction.$queryRaw`SELECT pg_advisory_xact_lock(${chainLock})::text`
  const last = await transaction.audit.findFirst({ orderBy: { sequence: 'desc' }, select: { hash: true } })
  const row = {
    id: uuidv7(),
    at: new Date(),
    actorId: actor.principalId,
    action: entry.action,
    targetKind: entry.target?.kind ?? null,
    targetId: entry.target?.id ?? null,
    before: entry.before ?? null,
    after: entry.after ?? null,
    address: actor.address,
    userAgent: actor.userAgent?.slice(0, 500) ?? null,
    requestId: actor.requestId,
    previous: last?.hash ?? chainStart,
  }
  await transaction.audit.create({
    data: { ...row, before: row.before ?? undefined, after: row.after ?? undefined, hash: auditHash(row) },
  })
}

/** What a row's hash covers: every field, names sorted at every depth, since the database keeps no order of JSON. */
export function auditHash(row: Record<string, unknown>): string {
  return createHash('sha256').update(canonical(row)).digest('hex')
}

function canonical(value: unknown): string {
  if (value instanceof Date) return JSON.stringify(value.toISOString())
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value).filter(([, member]) => member !== undefined)
    members.sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
  }
  return JSON.stringify(value ?? null)
}

/**
 * Reads the whole chain and checks it; that rows are missing at its end it cannot see.
 * @returns the id of the first row that does not fit, or null where all do
 */
export async function verifyAudit(database: Database): Promise<string | null> {
  let previous = chainStart
  let sequence = 0n
  for (;;) {
    const rows = await database.client.audit.findMany({
      where: { sequence: { gt: sequence } },
      orderBy: { sequence: 'asc' },
      take: 1000,
    })
    for (const { sequence: place, hash, ...row } of rows) {
      if (row.previous !== previous || auditHash(row) !== hash) return row.id
      previous = hash
      sequence = place
    }
    if (rows.length < 1000) return null
  }
}
