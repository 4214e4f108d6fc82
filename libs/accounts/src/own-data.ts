import { AppError } from '@gatehouse/contracts'
import { byApiNames, type Database } from '@gatehouse/platform'

/** Rows of one page. */
const pageRows = 500

/** Columns are named one by one: a new one is told only once somebody has thought about it. */
const columns = {
  profile: {
    id: true,
    kind: true,
    name: true,
    email: true,
    roles: true,
    status: true,
    createdAt: true,
    lastSeenAt: true,
    allModels: true,
    models: true,
    keepContent: true,
    deletedAt: true,
  },
  identity: {
    id: true,
    provider: true,
    issuer: true,
    subject: true,
    email: true,
    emailVerified: true,
    linkedAt: true,
    lastUsedAt: true,
  },
  session: {
    id: true,
    provider: true,
    kind: true,
    address: true,
    userAgent: true,
    createdAt: true,
    lastSeenAt: true,
    expiresAt: true,
    revokedAt: true,
  },
  key: {
    id: true,
    name: true,
    prefix: true,
    allModels: true,
    models: true,
    createdAt: true,
    expiresAt: true,
    revokedAt: true,
    replacesId: true,
    lastUsedAt: true,
    lastUsedAddress: true,
    lastUsedAgent: true,
  },
  preset: {
    id: true,
    name: true,
    provider: true,
    model: true,
    parameters: true,
    description: true,
    isDefault: true,
    createdAt: true,
    updatedAt: true,
  },
} as const

/** What accounts keep of somebody, names as the API has them. */
export interface OwnData {
  profile: object
  /** A page at a time; nothing is held in the database between two pages. */
  lists: Record<'identities' | 'sessions' | 'keys' | 'presets' | 'audit', AsyncGenerator<object[]>>
}

/** Reads what is kept of a principal, but no hash of a key. @throws AppError `not_found` */
export async function ownData(database: Database, id: string): Promise<OwnData> {
  const { client } = database
  const profile = await client.principal.findUnique({ where: { id }, select: columns.profile })
  if (!profile) throw new AppError('not_found')
  const page = (after: string | undefined) => ({
    where: { principalId: id, ...(after === undefined ? {} : { id: { gt: after } }) },
    orderBy: { id: 'asc' } as const,
    take: pageRows,
  })
  return {
    profile: byApiNames(profile),
    lists: {
      identities: pages((after) => client.identity.findMany({ ...page(after), select: columns.identity })),
      sessions: pages((after) => client.session.findMany({ ...page(after), select: columns.session })),
      keys: pages((after) => client.apiKey.findMany({ ...page(after), select: columns.key })),
      presets: pages((after) => client.preset.findMany({ ...page(after), select: columns.preset })),
      audit: auditOf(database, id),
    },
  }
}

async function* pages<Row extends { id: string }>(read: (after: string | undefined) => Promise<Row[]>) {
  for (let after: string | undefined, found = pageRows; found === pageRows; ) {
    const rows = await read(after)
    yield rows.map(byApiNames)
    found = rows.length
    after = rows.at(-1)?.id
  }
}

/** What they did, and what was done to them and to their keys. Of somebody else's act it is not told who it was and from where. */
async function* auditOf(database: Database, id: string) {
  const keys = await database.client.apiKey.findMany({ where: { principalId: id }, select: { id: true } })
  const targetIds = [id, ...keys.map((key) => key.id)]
  for (let sequence = 0n, found = pageRows; found === pageRows; ) {
    const next = { orderBy: { sequence: 'asc' }, take: pageRows } as const
    const later = { sequence: { gt: sequence } }
    // Two reads of one index each: an OR of both would go through the whole log.
    const [asActor, asTarget] = await Promise.all([
      database.client.audit.findMany({ where: { actorId: id, ...later }, ...next }),
      database.client.audit.findMany({ where: { targetId: { in: targetIds }, ...later }, ...next }),
    ])
    const bySequence = new Map([...asActor, ...asTarget].map((row) => [row.sequence, row]))
    const rows = [...bySequence.values()]
      .sort((a, b) => (a.sequence < b.sequence ? -1 : 1))
      .slice(0, pageRows)
    yield rows.map((row) => {
      const own = row.actorId === id
      return {
        id: row.id,
        at: row.at,
        action: row.action,
        by: own ? 'self' : row.actorId === null ? 'system' : 'somebody_else',
        target: row.targetKind && row.targetId ? { kind: row.targetKind, id: row.targetId } : null,
        // What an admin found and set at somebody else's account is that person's.
        ...(row.targetKind === 'principal' && row.targetId !== id
          ? {}
          : { before: row.before, after: row.after }),
        ...(own ? { address: row.address, user_agent: row.userAgent, request_id: row.requestId } : {}),
      }
    })
    found = rows.length
    sequence = rows.at(-1)?.sequence ?? sequence
  }
}
