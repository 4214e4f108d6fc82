import {
  type AuditExportQuery,
  type AuditQuery,
  type AuditView,
  type List,
  toList,
} from '@gatehouse/contracts'
import type { Database } from '@gatehouse/platform'
import { type Actor, appendAudit } from './audit.js'
import { uuidOrNil } from './ids.js'
import type { Named, Names } from './names.js'

/** Rows of one page of an export. */
const pageRows = 500

type Filters = Omit<AuditQuery, 'limit' | 'after' | 'order'>
type Row = Awaited<ReturnType<Database['client']['audit']['findMany']>>[number]

/** A page of the audit log, newest first unless asked otherwise. */
export async function listAudit(
  database: Database,
  names: Names,
  query: AuditQuery,
): Promise<List<AuditView>> {
  const anchor = query.after
    ? await database.client.audit.findFirst({
        where: { id: uuidOrNil(query.after) },
        select: { sequence: true },
      })
    : null
  if (query.after && !anchor) return toList<AuditView>([], query.limit)
  const beyond = anchor && (query.order === 'desc' ? { lt: anchor.sequence } : { gt: anchor.sequence })
  const rows = await database.client.audit.findMany({
    where: { ...matching(query), ...(beyond ? { sequence: beyond } : {}) },
    orderBy: { sequence: query.order },
    take: query.limit + 1,
  })
  return toList(await views(names, rows), query.limit)
}

/** What somebody did and what was done to them, newest first. */
export async function auditOf(
  database: Database,
  names: Names,
  principalId: string,
  limit: number,
): Promise<AuditView[]> {
  const id = uuidOrNil(principalId)
  const newest = { orderBy: { sequence: 'desc' }, take: limit } as const
  // Two reads of one index each: an OR of both would go through the log from its end.
  const [asActor, asTarget] = await Promise.all([
    database.client.audit.findMany({ where: { actorId: id }, ...newest }),
    database.client.audit.findMany({ where: { targetId: id }, ...newest }),
  ])
  const bySequence = new Map([...asActor, ...asTarget].map((row) => [row.sequence, row]))
  const rows = [...bySequence.values()].sort((a, b) => (a.sequence < b.sequence ? 1 : -1))
  return views(names, rows.slice(0, limit))
}

/**
 * All that the filters let through, oldest first, a page at a time; the export is in the log itself before the first page
 * is read, and whoever reads it finds it as the last row of their own.
 */
export async function* exportAudit(
  database: Database,
  names: Names,
  { format, ...filters }: AuditExportQuery,
  actor: Actor,
): AsyncGenerator<AuditView[]> {
  await database.transaction((transaction) =>
    appendAudit(transaction, actor, { action: 'audit.exported', after: { format, ...filters } }),
  )
  // What is written while somebody reads is of another export, or a slow reader's would never end.
  const { _max: last } = await database.client.audit.aggregate({ _max: { sequence: true } })
  let after = 0n
  for (let found = pageRows; found === pageRows; ) {
    const rows = await database.client.audit.findMany({
      where: { ...matching(filters), sequence: { gt: after, lte: last.sequence ?? 0n } },
      orderBy: { sequence: 'asc' },
      take: pageRows,
    })
    yield await views(names, rows)
    found = rows.length
    after = rows.at(-1)?.sequence ?? after
  }
}

function matching({ actor_id, target_id, action, query, from, to }: Filters) {
  return {
    ...(actor_id ? { actorId: actor_id } : {}),
    ...(target_id ? { targetId: target_id } : {}),
    ...(action ? { action } : {}),
    ...(query ? { requestId: query } : {}),
    ...(from || to
      ? { at: { ...(from ? { gte: new Date(from) } : {}), ...(to ? { lt: new Date(to) } : {}) } }
      : {}),
  }
}

/** Rows with the names of whom they tell of, all in one query. */
async function views(names: Names, rows: readonly Row[]): Promise<AuditView[]> {
  const ids = rows.flatMap(({ actorId, targetKind, targetId }) => [
    ...(actorId ? [actorId] : []),
    ...(targetId && (targetKind === 'principal' || targetKind === 'key') ? [uuidOrNil(targetId)] : []),
  ])
  const named = await names.all(ids)
  return rows.map((row) => ({
    id: row.id,
    at: row.at.toISOString(),
    actor_id: row.actorId,
    actor: actorOf(row.actorId === null ? undefined : named.get(row.actorId)),
    action: row.action,
    target: row.targetKind && row.targetId ? { kind: row.targetKind, id: row.targetId } : null,
    target_name: nameOf(row.targetId === null ? undefined : named.get(row.targetId)),
    before: row.before,
    after: row.after,
    address: row.address,
    user_agent: row.userAgent,
    request_id: row.requestId,
    hash: row.hash,
  }))
}

function actorOf(named: Named | undefined): AuditView['actor'] {
  if (!named || named.kind === 'key') return null
  const { id, kind, name, email } = named
  return { id, kind, name, email }
}

const nameOf = (named: Named | undefined): string | null => named?.name ?? named?.email ?? null
