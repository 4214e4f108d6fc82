import {
  AppError,
  type KeyBody,
  type KeyQuery,
  type KeyRotation,
  type KeyView,
  type List,
  type NewKeyView,
  toList,
} from '@gatehouse/contracts'
import type { Database, Transaction } from '@gatehouse/platform'
import { v7 as uuidv7 } from 'uuid'
import { type Actor, appendAudit } from './audit.js'
import { announce, type Change } from './changes.js'
import { type Principal, toPrincipal } from './directory.js'
import { idsAfter, uuidOrNil } from './ids.js'
import { newKey } from './key-format.js'

/** Whose keys: an account of a kind. One of another kind is not there. */
export interface KeyOwner {
  id: string
  kind: Principal['kind']
}

/** API keys of people and service accounts. Every method asks for the owner in the query itself. */
export interface Keys {
  list(owner: KeyOwner, query: KeyQuery): Promise<List<KeyView>>
  /** @throws AppError `not_found` */
  get(owner: KeyOwner, id: string): Promise<KeyView>
  /**
   * Makes a key, which is never more than its owner.
   * @throws AppError `not_found`, `model_not_allowed`; `conflict` where the owner has too many or is disabled
   */
  create(owner: KeyOwner, body: KeyBody, actor: Actor): Promise<NewKeyView>
  /**
   * Makes a key in the place of another, which goes on for the overlap.
   * @throws AppError `not_found`, and `conflict` for one that has ended or was rotated already
   */
  rotate(owner: KeyOwner, id: string, body: KeyRotation, actor: Actor): Promise<NewKeyView>
  /** Ends a key; on every replica within a second. Does nothing for one that has ended. @throws AppError `not_found` */
  revoke(owner: KeyOwner, id: string, actor: Actor): Promise<void>
}

/** Of one owner: keys that are made, and with those whose overlap runs, so that each can be rotated. */
const maxKeys = 100
const maxWithRetiring = 200
const maxKeyMs = 365 * 86_400_000
const hourMs = 3_600_000

/** @param apply told of every change of this process, at once */
export function createKeys(database: Database, apply: (change: Change) => void): Keys {
  const { client } = database
  const mine = ({ id, kind }: KeyOwner) => ({ principalId: uuidOrNil(id), principal: { kind } })

  return {
    async list(owner, { limit, after, order, status }) {
      const rows = await client.apiKey.findMany({
        where: {
          ...mine(owner),
          ...(status ? { AND: whereStatus(status) } : {}),
          ...(after ? { id: idsAfter(after, order) } : {}),
        },
        orderBy: { id: order },
        take: limit + 1,
      })
      return toList(rows.map(keyView), limit)
    },

    async get(owner, id) {
      const row = await client.apiKey.findFirst({ where: { id: uuidOrNil(id), ...mine(owner) } })
      if (!row) throw new AppError('not_found')
      return keyView(row)
    },

    async create(owner, body, actor) {
      const key = newKey()
      const row = await database.transaction(async (transaction) => {
        const principal = await lockOwner(transaction, owner)
        checkModels(body.models, principal)
        const mineActive = { ...whereActive(), principalId: principal.id }
        checkRoom(await transaction.apiKey.count({ where: mineActive }), maxKeys)
        const made = await transaction.apiKey.create({
          data: {
            id: uuidv7(),
            principalId: principal.id,
            name: body.name,
            hash: key.hash,
            prefix: key.prefix,
            allModels: body.models === undefined,
            models: body.models ?? [],
            expiresAt: new Date(body.expires_at),
          },
        })
        await appendAudit(transaction, actor, {
          action: 'key.created',
          target: { kind: 'key', id: made.id },
          after: told(made),
        })
        return made
      })
      return { ...keyView(row), key: key.text }
    },

    async rotate(owner, id, body, actor) {
      const key = newKey()
      const target = uuidOrNil(id)
      const row = await database.transaction(async (transaction) => {
        const principal = await lockOwner(transaction, owner)
        const old = await transaction.apiKey.findFirst({ where: { id: target, principalId: principal.id } })
        if (!old) throw new AppError('not_found')
        checkRotatable(old)
        const mineHolding = { ...whereHolds(), principalId: principal.id }
        checkRoom(await transaction.apiKey.count({ where: mineHolding }), maxWithRetiring)
        const now = Date.now()
        const revokedAt = new Date(now + body.overlap_hours * hourMs)
        // Revoked since it was read, it must not hold again for the overlap.
        const { count } = await transaction.apiKey.updateMany({
          where: { id: old.id, revokedAt: null },
          data: { revokedAt },
        })
        if (count === 0) throw new AppError('conflict', { message: 'The key is revoked. Make a new one.' })
        const span = Math.min(maxKeyMs, old.expiresAt.getTime() - old.createdAt.getTime())
        const made = await transaction.apiKey.create({
          data: {
            id: uuidv7(),
            principalId: principal.id,
            name: old.name,
            hash: key.hash,
            prefix: key.prefix,
            allModels: old.allModels,
            models: old.models,
            expiresAt: body.expires_at ? new Date(body.expires_at) : new Date(now + span),
            replacesId: old.id,
          },
        })
        await announce(transaction, { kind: 'key', subject: old.id })
        await appendAudit(transaction, actor, {
          action: 'key.rotated',
          target: { kind: 'key', id: old.id },
          after: { revoked_at: revokedAt.toISOString(), key: made.id, ...told(made) },
        })
        return made
      })
      apply({ kind: 'key', subject: target })
      return { ...keyView(row), key: key.text }
    },

    async revoke(owner, id, actor) {
      const target = uuidOrNil(id)
      await database.transaction(async (transaction) => {
        const row = await transaction.apiKey.findFirst({ where: { id: target, ...mine(owner) } })
        if (!row) throw new AppError('not_found')
        const { count } = await transaction.apiKey.updateMany({
          where: { id: target, AND: whereHolds() },
          data: { revokedAt: new Date() },
        })
        if (count === 0) return
        await announce(transaction, { kind: 'key', subject: target })
        await appendAudit(transaction, actor, {
          action: 'key.revoked',
          target: { kind: 'key', id: target },
          before: told(row),
        })
      })
      apply({ kind: 'key', subject: target })
    },
  }
}

/** Keys that hold, among them those whose overlap runs. */
export function whereHolds(now = new Date()) {
  return { expiresAt: { gt: now }, OR: [{ revokedAt: null }, { revokedAt: { gt: now } }] }
}

const whereActive = (now = new Date()) => ({ revokedAt: null, expiresAt: { gt: now } })

function whereStatus(status: KeyView['status'], now = new Date()) {
  if (status === 'revoked') return { revokedAt: { lte: now } }
  if (status === 'active') return whereActive(now)
  if (status === 'retiring') return { revokedAt: { gt: now }, expiresAt: { gt: now } }
  return { expiresAt: { lte: now }, OR: [{ revokedAt: null }, { revokedAt: { gt: now } }] }
}

/**
 * The owner, whose row is held to the end of the transaction: keys made at once cannot both be the last one that there is
 * room for, and whoever takes rights from the owner waits, or is waited for.
 */
async function lockOwner(transaction: Transaction, { id, kind }: KeyOwner): Promise<Principal> {
  const owner = uuidOrNil(id)
  await transaction.$queryRaw`SELECT "id"::text FROM "Principal" WHERE "id" = ${owner}::uuid FOR NO KEY UPDATE`
  const row = await transaction.principal.findUnique({ where: { id: owner } })
  if (row?.kind !== kind) throw new AppError('not_found')
  const principal = toPrincipal(row)
  if (principal.status !== 'active')
    throw new AppError('conflict', { message: 'The account is disabled, and its keys with it.' })
  return principal
}

function checkRoom(count: number, most: number): void {
  if (count < most) return
  throw new AppError('conflict', {
    message: `There are ${most} keys that hold, and more there cannot be. Revoke one first.`,
  })
}

/** Refuses what the owner may not use; where the owner may use less later, so may the key. */
function checkModels(wanted: readonly string[] | undefined, { models }: Principal): void {
  if (!wanted || !models) return
  const allowed = (name: string) => {
    const slash = name.indexOf('/')
    return models.includes(name) || (slash !== -1 && models.includes(`${name.slice(0, slash)}/*`))
  }
  const index = wanted.findIndex((name) => !allowed(name))
  if (index === -1) return
  throw new AppError('model_not_allowed', {
    param: `models[${index}]`,
    message: `A key is never more than its owner, who may not use "${wanted[index]}".`,
  })
}

function checkRotatable(row: Row): void {
  const status = statusOf(row)
  if (status === 'active') return
  throw new AppError('conflict', {
    message:
      status === 'retiring'
        ? 'The key was rotated already. Rotate the one that took its place.'
        : `The key is ${status}. Make a new one.`,
  })
}

type Row = NonNullable<Awaited<ReturnType<Database['client']['apiKey']['findFirst']>>>

function statusOf({ revokedAt, expiresAt }: Row, now = new Date()): KeyView['status'] {
  if (revokedAt && revokedAt <= now) return 'revoked'
  if (expiresAt <= now) return 'expired'
  return revokedAt ? 'retiring' : 'active'
}

/** What the audit log is told of a key: not how its owner called it, since the log outlives the owner's account (T90). */
function told(row: Row) {
  return {
    owner: row.principalId,
    prefix: row.prefix,
    models: row.allModels ? null : row.models,
    expires_at: row.expiresAt.toISOString(),
  }
}

/** A row as its owner sees it. */
export function keyView(row: Row): KeyView {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    status: statusOf(row),
    models: row.allModels ? null : row.models,
    created_at: row.createdAt.toISOString(),
    expires_at: row.expiresAt.toISOString(),
    revoked_at: row.revokedAt?.toISOString() ?? null,
    replaces: row.replacesId,
    last_used: row.lastUsedAt && {
      at: row.lastUsedAt.toISOString(),
      address: row.lastUsedAddress,
      client: row.lastUsedAgent,
    },
  }
}
