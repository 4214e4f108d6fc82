import {
  AppError,
  type List,
  type PresetBody,
  PresetParameters,
  type PresetView,
  toList,
} from '@gatehouse/contracts'
import type { Database, Transaction } from '@gatehouse/platform'
import { LRUCache } from 'lru-cache'
import { v7 as uuidv7 } from 'uuid'
import { announce, type Change } from './changes.js'
import { idsAfter, uuidOrNil } from './ids.js'
import type { Patience } from './patience.js'

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
  /**
   * @throws AppError `conflict` when the owner has one of this name for the same model, has as many as there may be, or
   * they take too much room together
   */
  create(ownerId: string, body: PresetBody): Promise<PresetView>
  /** @throws AppError `not_found`, and `conflict` as `create` does */
  replace(ownerId: string, id: string, body: PresetBody): Promise<PresetView>
  remove(ownerId: string, id: string): Promise<void>
  /**
   * The preset that a call names, or else the default one of its model. While the database is away, what was read before
   * is served, but for a large one, which is read for each call.
   * @throws AppError `not_found`, param `preset_id`, for one that is not there; `unavailable`
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

/** What one owner may keep: the list of all is a page or two, and all together are read in one go without harm. */
const maxPresets = 200
const maxCharacters = 1_000_000

/** Characters that a cache holds, and of the largest entry in it; a larger one is read for each call. */
const cacheCharacters = 8_000_000
const cachedCharacters = 32_000

/** Any constant: writes of one owner wait for each other, so that two defaults made at once do not both stay. */
const ownerLock = 7_301_004

/**
 * @param database where they are kept; one default per (owner, provider, model)
 * @param patience how long to wait for the database, shared with the other caches of the process
 * @param apply told of every change of this process, at once
 */
export function createPresets(
  database: Database,
  patience: Patience,
  apply: (change: Change) => void,
): Presets {
  const { client } = database
  const missing = () => new AppError('not_found')
  const defaults = createCache<Default[]>()
  const named = createCache<AppliedPreset | null>()
  let generation = 0

  const read = async <T>(cache: Cache<T>, key: string, query: () => Promise<T>): Promise<T> => {
    const known = cache.get(key)
    if (known && Date.now() - known.loadedAt < maxAgeMs) return known.value
    const load = async () => {
      const loadedAt = Date.now()
      const generationBefore = generation
      const entry = { value: await query(), loadedAt }
      // A change that came in while we read may have been too late for this read: do not keep what it would have dropped.
      if (generation === generationBefore) cache.set(key, entry)
      return entry
    }
    const { value } = await patience(load, () => cache.get(key))
    return value
  }
  /** Which models have a default preset, so that most calls need no preset at all. */
  const defaultsOf = (ownerId: string) =>
    read(defaults, ownerId, () =>
      client.preset.findMany({
        where: { principalId: ownerId, isDefault: true },
        select: { id: true, provider: true, model: true },
      }),
    )
  const find = (ownerId: string, id: string) =>
    read(named, `${ownerId} ${id}`, async () => {
      const row = await client.preset.findFirst({ where: { id, principalId: ownerId } })
      return row && applied(row)
    })
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
        await checkName(transaction, ownerId, id, body)
        await checkRoom(transaction, ownerId)
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
      if (!presetId) {
        const entry = (await defaultsOf(ownerId)).find(
          (preset) => preset.provider === provider && preset.model === model,
        )
        const preset = entry ? await find(ownerId, entry.id) : null
        // Changed since the defaults were read, it may be for another model by now.
        return preset?.provider === provider && preset.model === model ? preset : null
      }
      const preset = await find(ownerId, uuidOrNil(presetId))
      if (!preset)
        throw new AppError('not_found', { message: 'There is no such preset.', param: 'preset_id' })
      return preset
    },
    forget(ownerId) {
      generation++
      defaults.delete(ownerId)
      for (const key of [...named.keys()]) if (key.startsWith(`${ownerId} `)) named.delete(key)
    },
  }
}

interface Default {
  id: string
  provider: string
  model: string
}

type Cache<T> = LRUCache<string, { value: T; loadedAt: number }>

function createCache<T>(): Cache<T> {
  return new LRUCache({
    max: 5000,
    maxSize: cacheCharacters,
    maxEntrySize: cachedCharacters,
    sizeCalculation: ({ value }, key) => key.length + JSON.stringify(value).length,
  })
}

/** Called under the lock of the owner, as `checkRoom` is: two that are saved at once cannot both be the first. */
async function checkName(
  transaction: Transaction,
  principalId: string,
  id: string,
  { name, provider, model }: PresetBody,
): Promise<void> {
  const other = await transaction.preset.findFirst({
    where: { principalId, name, provider, model, id: { not: id } },
    select: { id: true },
  })
  if (!other) return
  throw new AppError('conflict', {
    param: 'name',
    message: `You have a preset "${name}" for ${provider}/${model} already. Choose another name, or change that one.`,
  })
}

/** Called when the change is written, under the lock of the owner: two at once cannot both find room for one. */
async function checkRoom(transaction: Transaction, ownerId: string): Promise<void> {
  const [room] = await transaction.$queryRaw<{ presets: number; characters: number }[]>`
    SELECT count(*)::int AS presets, coalesce(sum(length("parameters"::text)), 0)::float8 AS characters
    FROM "Preset" WHERE "principalId" = ${ownerId}::uuid`
  if (room && room.presets > maxPresets) {
    throw new AppError('conflict', {
      message: `You have ${maxPresets} presets, and more there cannot be. Delete one first.`,
    })
  }
  if (room && room.characters > maxCharacters) {
    throw new AppError('conflict', {
      message: `Your presets would take more than ${maxCharacters} characters together. Delete or shorten one first.`,
    })
  }
}

type Row = NonNullable<Awaited<ReturnType<Database['client']['preset']['findFirst']>>>

function applied({ id, provider, model, parameters: stored }: Row): AppliedPreset {
  return { id, provider, model, parameters: parameters(stored) }
}

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
