import {
  AppError,
  type List,
  type ServiceAccount,
  type ServiceAccountPatch,
  type ServiceAccountQuery,
  toList,
} from '@gatehouse/contracts'
import type { Database, Transaction } from '@gatehouse/platform'
import { type Actor, appendAudit } from './audit.js'
import { announce, type Change } from './changes.js'
import { toPrincipal } from './directory.js'
import { idsAfter, uuidOrNil } from './ids.js'
import { whereHolds } from './keys.js'

/** What admins do with service accounts. */
export interface ServiceAccounts {
  find(query: ServiceAccountQuery): Promise<List<ServiceAccount>>
  /** @throws AppError `not_found` */
  get(id: string): Promise<ServiceAccount>
  /** Names it, or says what it may use: at once here, within a second on every replica. @throws AppError `not_found` */
  change(id: string, patch: ServiceAccountPatch, actor: Actor): Promise<ServiceAccount>
  /**
   * Disables or enables it. While it is disabled neither its tokens nor its keys hold; both do again afterwards, unless
   * they have ended meanwhile.
   * @throws AppError `not_found`
   */
  setStatus(id: string, status: 'active' | 'disabled', actor: Actor): Promise<ServiceAccount>
}

const withKeys = () =>
  ({
    identities: { orderBy: { linkedAt: 'asc' } },
    _count: { select: { keys: { where: whereHolds() } } },
  }) as const

/** @param apply told of every change of this process, at once */
export function createServiceAccounts(database: Database, apply: (change: Change) => void): ServiceAccounts {
  const { client } = database
  const missing = () => new AppError('not_found')

  const update = async (
    id: string,
    actor: Actor,
    write: (transaction: Transaction, row: Awaited<ReturnType<typeof lock>>) => Promise<void>,
  ): Promise<ServiceAccount> => {
    const target = uuidOrNil(id)
    const changed = await database.transaction(async (transaction) => {
      const row = await lock(transaction, target)
      await write(transaction, row)
      await announce(transaction, { kind: 'principal', subject: target })
      const now = await transaction.principal.findUniqueOrThrow({
        where: { id: target },
        include: withKeys(),
      })
      await appendAudit(transaction, actor, {
        action:
          row.status === now.status
            ? 'service_account.changed'
            : now.status === 'active'
              ? 'service_account.enabled'
              : 'service_account.disabled',
        target: { kind: 'principal', id: target },
        before: told(row),
        after: told(now),
      })
      return now
    })
    apply({ kind: 'principal', subject: target })
    return view(changed)
  }

  return {
    async find({ query, status, limit, after, order }) {
      const rows = await client.principal.findMany({
        where: {
          kind: 'service',
          deletedAt: null,
          ...(status ? { status } : {}),
          ...(query ? { OR: matches(query) } : {}),
          ...(after ? { id: idsAfter(after, order) } : {}),
        },
        include: withKeys(),
        orderBy: { id: order },
        take: limit + 1,
      })
      return toList(rows.map(view), limit)
    },

    async get(id) {
      const row = await client.principal.findFirst({
        where: { id: uuidOrNil(id), kind: 'service', deletedAt: null },
        include: withKeys(),
      })
      if (!row) throw missing()
      return view(row)
    },

    change: (id, { name, models }, actor) =>
      update(id, actor, async (transaction, row) => {
        await transaction.principal.update({
          where: { id: row.id },
          data: {
            ...(name === undefined ? {} : { name }),
            ...(models === undefined ? {} : { allModels: models === null, models: models ?? [] }),
          },
        })
      }),

    setStatus: (id, status, actor) =>
      update(id, actor, async (transaction, row) => {
        await transaction.principal.update({ where: { id: row.id }, data: { status } })
      }),
  }
}

/** The account as it is, held to the end of the transaction. */
async function lock(transaction: Transaction, id: string) {
  await transaction.$queryRaw`SELECT "id"::text FROM "Principal" WHERE "id" = ${id}::uuid FOR NO KEY UPDATE`
  const row = await transaction.principal.findFirst({ where: { id, kind: 'service', deletedAt: null } })
  if (!row) throw new AppError('not_found')
  return row
}

function matches(text: string) {
  // LIKE's own signs are text here (a query of `%` must not mean everybody).
  const part = { contains: text.replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' } as const
  return [
    { name: part },
    { identities: { some: { OR: [{ subject: part }, { issuer: text }, { provider: text }] } } },
    { keys: { some: { prefix: text } } },
    { id: uuidOrNil(text) },
  ]
}

type Row = NonNullable<Awaited<ReturnType<Database['client']['principal']['findFirst']>>>
type RowWithKeys = Awaited<ReturnType<typeof rowOf>>
const rowOf = (database: Database) => database.client.principal.findFirstOrThrow({ include: withKeys() })

/** What the audit log is told of one. */
function told({ name, status, allModels, models }: Pick<Row, 'name' | 'status' | 'allModels' | 'models'>) {
  return { name, status, models: allModels ? null : models }
}

function view(row: RowWithKeys): ServiceAccount {
  const { id, name, roles, status, models } = toPrincipal(row)
  return {
    id,
    name,
    roles,
    status,
    models: models && [...models],
    identities: row.identities.map(({ provider, issuer, subject, linkedAt }) => ({
      provider,
      issuer,
      subject,
      linked_at: linkedAt.toISOString(),
    })),
    keys: row._count.keys,
    created_at: row.createdAt.toISOString(),
    last_seen_at: row.lastSeenAt?.toISOString() ?? null,
  }
}
