import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type AdminUsageExportQuery,
  type AdminUsageOverviewQuery,
  type AdminUsageQuery,
  AppError,
  type HistoryQuery,
  type List,
  type UsageExportQuery,
  type UsageOverview,
  type UsageOverviewQuery,
  type UsageQuery,
  type UsageRow,
} from '@gatehouse/contracts'
import { type Database, isoNow } from '@gatehouse/platform'
import { newCallId } from './call-id.js'
import { countCalls, forgetPrincipal } from './forget.js'
import {
  callStats,
  findCall,
  listCalls,
  type RecordedCall,
  type RecordedDetail,
  removeCall,
} from './history.js'
import { closeLostCalls, deleteOldContent, deleteOldObjects } from './housekeeping.js'
import { createLastHour } from './last-hour.js'
import { ownCalls, ownObjects } from './own-data.js'
import { createPrices, type OwnPrice } from './price.js'
import { connectionsWith, keepObjects } from './provider-objects.js'
import { type RecentTraffic, recentFigures, recentTraffic } from './recent.js'
import type { CallEnd, OpenCall } from './record.js'
import { textOf, textOfCall } from './record-text.js'
import { dropRefused } from './refused.js'
import { openSpool } from './spool.js'
import { listUsage, usagePages } from './usage.js'
import { usageOverview } from './usage-overview.js'
import { createWriter } from './writer.js'

export type { RecordedCall, RecordedDetail } from './history.js'
export type { LastHour } from './last-hour.js'
export { type Cost, isPriced, type ListedFacts, type OwnPrice, type Priced, type Prices } from './price.js'
export type { RecentTraffic } from './recent.js'
export type { CallEnd, OpenCall, Try, Usage } from './record.js'

/** What the accounting needs. */
export interface UsageOptions {
  database: Database
  /** Folder for the spool: `<dataDir>/spool`. */
  dataDir: string
  /** Days after which prompts and answers are deleted. */
  contentRetentionDays: number
  /** What the operator says that models cost, before the built-in list. */
  prices?: readonly OwnPrice[]
  /** Milliseconds until that is done for the first time; 10,000 unless told. */
  firstHousekeepingMs?: number
  /** Milliseconds between two looks for the spools of processes that are gone; 60,000 unless told. */
  adoptMs?: number
  onError?: (error: unknown) => void
  /** Told of spool lines that could not be read. */
  onDamage?: (file: string, lines: number) => void
}

/** A call that has begun. */
export interface RunningCall {
  id: string
  /** Never rejects: `null` once it is written down, else why it could not be; its provider must not be asked before. */
  opened: Promise<Error | null>
  /**
   * Writes how it ended, and by whom it was served where that is not who was asked first; only the first one counts.
   * @returns never rejects: settled once it is written down, before which its answer must not be whole
   */
  end(end: CallEnd, by?: Pick<OpenCall, 'provider' | 'connection' | 'model'>): Promise<Error | null>
}

/** Calls, what they cost and how they are found again. */
export type CallLog = ReturnType<typeof createCallLog>

/** A replica that did not take the call itself may see its end this much later: the other one may be under load. */
const settleMs = 5000
/** Milliseconds between two looks, doubled after each: most are there at the first one or the second. */
const pauseMs = { first: 50, longest: 1000 }
const recentMs = 3_600_000
const dayMs = 86_400_000
/** No call lasts so long: whoever began it is gone. */
const lostMs = dayMs
const housekeepingMs = 3_600_000
/** OpenAI keeps an answer 30 days unless told otherwise: https://platform.openai.com/docs/guides/your-data */
const objectsMs = 400 * dayMs

/** The calls of one gateway process. */
export function createCallLog(options: UsageOptions) {
  const { database, onError = () => {} } = options
  const directory = join(options.dataDir, 'spool')
  const { onDamage } = options
  const spool = openSpool({
    directory,
    onError,
    onAdopted: () => writer.wake(),
    ...(onDamage ? { onDamage } : {}),
    ...(options.adoptMs === undefined ? {} : { adoptMs: options.adoptMs }),
  })
  const writer = createWriter(database, spool, onError)
  const closing = new AbortController()
  const lastHour = createLastHour(database, onError)

  const keepHouse = async (): Promise<void> => {
    const now = Date.now()
    const outdated = new Date(now - options.contentRetentionDays * dayMs)
    const jobs = [
      async () => dropRefused(directory, outdated),
      () => database.ready,
      () => deleteOldContent(database, outdated, closing.signal),
      () => deleteOldObjects(database, new Date(now - objectsMs), closing.signal),
      () => closeLostCalls(database, new Date(now - lostMs), closing.signal),
    ]
    // One that fails does not keep the others from their work.
    for (const job of jobs) await job().catch(onError)
  }
  const first = setTimeout(() => void keepHouse(), options.firstHousekeepingMs ?? 10_000).unref()
  const hourly = setInterval(() => void keepHouse(), housekeepingMs).unref()

  /** Looks for a call until it is there: the replica that has it may not have written it yet. */
  const seek = async <Found>(id: string, look: () => Promise<Found | null>): Promise<Found> => {
    if (spool.has(id)) await writer.flush()
    // The embedded database has no other replica.
    const deadline = database.kind === 'postgres' && isRecent(id) ? Date.now() + settleMs : 0
    for (let pause = pauseMs.first; ; pause = Math.min(pause * 2, pauseMs.longest)) {
      const found = await look()
      if (found !== null) return found
      const left = deadline - Date.now()
      if (left <= 0) throw new AppError('not_found')
      await delay(Math.min(pause, left))
    }
  }

  return {
    ...createPrices(options.prices),
    /**
     * Writes that a call begins, before the provider is asked; a crash after this leaves a row `unknown`.
     * @throws AppError `overloaded` when too much waits for the database, see `RunningCall.opened` for a disk that takes nothing
     */
    open(call: Omit<OpenCall, 'id' | 'createdAt'>): RunningCall {
      const record: OpenCall = { ...call, id: newCallId(), createdAt: isoNow() }
      const text = textOfCall(record)
      const opening = spool.append(textOf({ call: record, end: null }, text))
      writer.wake()
      let ended: Promise<Error | null> | undefined
      return {
        id: record.id,
        opened: opening.committed,
        end(end, by) {
          if (ended) return ended
          const whole = by ? textOf({ call: { ...record, ...by }, end }) : textOf({ call: record, end }, text)
          ended = spool.append(whole, opening).committed
          writer.wake()
          return ended
        },
      }
    },
    /** See `listCalls`. */
    list: (principalId: string, query: HistoryQuery, keyId?: string): Promise<List<RecordedCall>> =>
      listCalls(database, principalId, query, keyId),
    /**
     * One call of a principal. An id is good as soon as its caller has it, on every replica: what waits here is
     * written first, and an id from the last hour is looked for again, for 5 s at most, until the replica that has it
     * has written it.
     * @param options see `findCall`
     * @throws AppError `not_found`
     */
    get: (
      principalId: string,
      id: string,
      options: { keyId?: string | undefined; full?: boolean } = {},
    ): Promise<RecordedDetail> => seek(id, () => findCall(database, principalId, id, options)),
    /**
     * Takes a call out of its owner's history; found as by `get`. What was said is deleted, the figures stay in the sums.
     * @throws AppError `not_found`
     */
    async remove(principalId: string, id: string): Promise<void> {
      await seek(id, () => removeCall(database, principalId, id))
    },
    stats: (principalId: string) => callStats(database, principalId),
    /**
     * Sums of a principal's calls that have ended, of whole hours (UTC), deleted ones included.
     * @throws AppError `invalid_request` for an `after` that is no row's id of such a query
     */
    usage: (principalId: string, query: UsageQuery): Promise<List<UsageRow>> =>
      listUsage(database, { ...query, principal_id: principalId }, query),
    /** The same of everybody, for admins. */
    usageOfAll: (query: AdminUsageQuery): Promise<List<UsageRow>> => listUsage(database, query, query),
    /** All that `usage` has, oldest first, a page at a time; nothing is held in the database between two pages. */
    usagePages: (principalId: string, query: UsageExportQuery): AsyncGenerator<UsageRow[]> =>
      usagePages(database, { ...query, principal_id: principalId }),
    /** The same of everybody, for admins. */
    usagePagesOfAll: (query: AdminUsageExportQuery): AsyncGenerator<UsageRow[]> =>
      usagePages(database, query),
    /**
     * Sums by the days of a time zone, of one principal. Keys have no names here.
     */
    overview: (principalId: string, query: UsageOverviewQuery): Promise<UsageOverview> =>
      usageOverview(database, { ...query, principal_id: principalId }),
    /** The same of everybody, for admins. */
    overviewOfAll: (query: AdminUsageOverviewQuery): Promise<UsageOverview> => usageOverview(database, query),
    /** How many calls are in a principal's history, and of how many prompt and answer are kept. */
    count: (principalId: string) => countCalls(database, principalId),
    /** What is kept of a principal's calls, names as the API has them; see `ownCalls` and `ownObjects`. */
    data: (principalId: string) => ({
      calls: ownCalls(database, principalId),
      provider_objects: ownObjects(database, principalId),
    }),
    /** See `forgetPrincipal`; broken off when this log is closed. */
    forget: (principalId: string): Promise<boolean> => forgetPrincipal(database, principalId, closing.signal),
    objects: {
      /** See `keepObjects`. */
      keep: (connection: string, objectIds: readonly string[], principalId: string) =>
        keepObjects(database, connection, objectIds, principalId),
      /** See `connectionsWith`. */
      connectionsWith: (objectIds: readonly string[], principalId: string) =>
        connectionsWith(database, objectIds, principalId),
    },
    /** What each of some principals' calls of the last 30 days came to. */
    recentFigures: (principalIds: readonly string[]) => recentFigures(database, principalIds),
    /** Calls of the last 30 days by provider, and how many of them came without an API key. */
    recentTraffic: (): Promise<RecentTraffic[]> => recentTraffic(database),
    /** How each provider did within the last hour; see `createLastHour`. */
    lastHour: () => lastHour.get(),
    /**
     * Deletes prompts and answers whose time is over, and closes calls whose gateway is gone for good. Runs by itself
     * soon after the start and once an hour.
     */
    keepHouse,
    /** Records that wait for the database. */
    waiting: () => spool.waiting(),
    /** Bytes that they have. */
    waitingBytes: () => spool.waitingBytes(),
    /** Writes all that waits. */
    flush: () => writer.flush(),
    /** Writes what waits, for at most `withinMs`; what is left stays in the spool for the next start. */
    async close(withinMs = 5000) {
      closing.abort()
      clearTimeout(first)
      clearInterval(hourly)
      await writer.stop(withinMs)
      spool.close()
    },
  }
}

/** Our ids are UUIDv7: the first 48 bits are the milliseconds at which the call began (RFC 9562 section 5.7). */
function isRecent(id: string): boolean {
  const milliseconds = Number.parseInt(id.replace('-', '').slice(0, 12), 16)
  return /^[0-9a-f]{8}-[0-9a-f]{4}-7/i.test(id) && Math.abs(Date.now() - milliseconds) < recentMs
}
