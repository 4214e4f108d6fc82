import {
  AppError,
  type List,
  type PresetBody,
  PresetParameters,
  type PresetView,
  toList,
} from '@gatehouse/contracts'
import { type Database, databaseFailure } from '@gatehouse/platform'
import { LRUCache } from 'lru-cache'
import { v7 as uuidv7 } from 'uuid'
import { announce, type Change } from './changes.js'
import { idsAfter, uuidOrNil } from './ids.js'

/** A preset that is applied to a call. */
export interface AppliedPreset {
  id: string
  provider: string
  model: string
  parameters: PresetParameters
}

/** Saved parameters of one person. Every method asks for the owner in the query itself. */
export interface Presets {
  list(
    ownerId: string,
    page: { limit: number; after?: string | undefined; order: 'asc' | 'desc' },
  ): Promise<List<PresetView>>
  get(ownerId: string, id: string): Promise<PresetView>
  create(ownerId: string, body: PresetBody): Promise<PresetView>
  replace(ownerId: string, id: string, body: PresetBody): Promise<PresetView>
  remove(ownerId: string, id: string): Promise<void>
  /**
   * The preset that a call names, or else the default one of its model.
   * @throws AppError `not_found`, param `preset_id`, for one that is not there
   */
  forCall(
    ownerId: string,
    call: { presetId?: string | undefined; provider: string; model: string },
  ): Promise<AppliedPreset | null>
  /** Drops the cached presets of an owner. */
  forget(ownerId: string): void
}

/** A preset changed on another replica is the one applied here after at most this long, even if the feed stands still. */
const maxAgeMs = 5000

/** Any constant: writes of one owner wait for each other, so that two defaults made at once do not both stay. */
const ownerLock = 7_301_004

/**
 * @param database where they are kept; one default per (owner, provider, model)
 * @param apply told of every change of this process, at once
 */
export function createPresets(database: Database, apply: (change: Change) => void): Presets {
  const { client } = database
  const missing = () => new AppError('not_found')
  const cache = new LRUCache<string, { presets: AppliedPreset[]; defaults: Set<string>; loadedAt: number }>({
    max: 5000,
  })
  let generation = 0

  /** All presets of an owner, so that a call does not wait for the database. */
  const load = async (ownerId: string) => {
    const known = cache.get(ownerId)
    if (known && Date.now() - known.loadedAt < maxAgeMs) return known
    try {
      const loadedAt = Date.now()
      const generationBefore = generation
      const rows = await client.preset.findMany({ where: { principalId: ownerId } })
      const presets = rows.map(({ id, provider, model, parameters: stored }) => ({
        id,
        provider,
        model,
        parameters: parameters(stored),
      }))
      const entry = {
        presets,
        defaults: new Set(rows.filter((row) => row.isDefault).map((row) => row.id)),
        loadedAt,
      }
      // A change that came in while we read may have been too late for this read: do not keep what it would have dropped.
      if (generation === generationBefore) cache.set(ownerId, entry)
      return entry
    } catch (error) {
      if (databaseFailure(error).kind !== 'unavailable') throw error
      if (known) return known
      throw new AppError('unavailable', { cause: error, retryAfterSeconds: 5 })
    }
  }
  const changed = (ownerId: string) => apply({ kind: 'presets', subject: ownerId })

  const write = (ownerId: string, id: string, body: PresetBody, isNew: boolean) =>
    database
      .transaction(async (transaction) => {
        await transaction.$queryRaw`SELECT pg_advisory_xact_lock(${ownerLock}::int, hashtext(${ownerId}))::text`
        const data = {
          name: body.name,
          provider: body.provider,
          model: body.model,
          parameters: body.parameters,
          description: body.description ?? null,
          isDefault: body.is_default,
        }
        if (isNew) await transaction.preset.create({ data: { id, principalId: ownerId, ...data } })
        else {
          const { count } = await transaction.preset.updateMany({ where: { id, principalId: ownerId }, data })
          if (count === 0) throw missing()
        }
        if (body.is_default) {
          await transaction.preset.updateMany({
            where: { principalId: ownerId, provider: body.provider, model: body.model, id: { not: id } },
            data: { isDefault: false },
          })
        }
        await announce(transaction, { kind: 'presets', subject: ownerId })
        return view(await transaction.preset.findFirstOrThrow({ where: { id, principalId: ownerId } }))
      })
      .then((preset) => {
        changed(ownerId)
        return preset
      })

  return {
    async list(ownerId, { limit, after, order }) {
      const rows = await client.preset.findMany({
        where: {
          principalId: ownerId,
          ...(after ? { id: idsAfter(after, order) } : {}),
        },
        orderBy: { id: order },
        take: limit + 1,
      })
      return toList(rows.map(view), limit)
    },
    async get(ownerId, id) {
      const row = await client.preset.findFirst({ where: { id: uuidOrNil(id), principalId: ownerId } })
      if (!row) throw missing()
      return view(row)
    },
    create: (ownerId, body) => write(ownerId, uuidv7(), body, true),
    replace: (ownerId, id, body) => write(ownerId, uuidOrNil(id), body, false),
    async remove(ownerId, id) {
      await database.transaction(async (transaction) => {
        const { count } = await transaction.preset.deleteMany({
          where: { id: uuidOrNil(id), principalId: ownerId },
        })
        if (count === 0) throw missing()
        await announce(transaction, { kind: 'presets', subject: ownerId })
      })
      changed(ownerId)
    },
    async forCall(ownerId, { presetId, provider, model }) {
      const { presets, defaults } = await load(ownerId)
      if (!presetId) {
        return (
          presets.find(
            (preset) => defaults.has(preset.id) && preset.provider === provider && preset.model === model,
          ) ?? null
        )
      }
      const named = presets.find((preset) => preset.id === presetId)
      if (!named) throw new AppError('not_found', { message: 'There is no such preset.', param: 'preset_id' })
      return named
    },
    forget(ownerId) {
      generation++
      cache.delete(ownerId)
    },
  }
}

type Row = NonNullable<Awaited<ReturnType<Database['client']['preset']['findFirst']>>>

/** What was stored by an older version and no longer fits is left out, never sent on unchecked. */
function parameters(stored: unknown): PresetParameters {
  const parsed = PresetParameters.safeParse(stored)
  return parsed.success ? parsed.data : {}
}

function view(row: Row): PresetView {
  return {
    id: row.id,
    name: row.name,
    provider: row.provider,
    model: row.model,
    parameters: parameters(row.parameters),
    description: row.description,
    is_default: row.isDefault,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  }
}
