import { join } from 'node:path'
import { AppError, type HistoryDetail, type HistoryQuery } from '@gatehouse/contracts'
import type { Database } from '@gatehouse/platform'
import { v7 as uuidv7 } from 'uuid'
import { callStats, deleteOldContent, findCall, listCalls, removeCall } from './history.js'
import { priceOf } from './price.js'
import type { CallEnd, OpenCall } from './record.js'
import { openSpool } from './spool.js'
import { createWriter } from './writer.js'

export type { Cost } from './price.js'
export type { CallEnd, OpenCall, Usage } from './record.js'

/** What the accounting needs. */
export interface UsageOptions {
  database: Database
  /** Folder for the spool: `<dataDir>/spool`. */
  dataDir: string
  /** Days after which prompts and answers are deleted. */
  contentRetentionDays: number
  onError?: (error: unknown) => void
  /** Told of spool lines that could not be read. */
  onDamage?: (file: string, lines: number) => void
}

/** A call that has begun. */
export interface RunningCall {
  id: string
  /** Writes how it ended; only the first one counts. */
  end(end: CallEnd): void
}

/** Calls, what they cost and how they are found again. */
export type CallLog = ReturnType<typeof createCallLog>

/** A replica that did not take the call itself may see its end this much later. */
const settleMs = 1500
const settleStepMs = 100
const recentMs = 3_600_000

/** The calls of one gateway process. */
export function createCallLog(options: UsageOptions) {
  const { database, onError = () => {} } = options
  const spool = openSpool({
    directory: join(options.dataDir, 'spool'),
    ...(options.onDamage ? { onDamage: options.onDamage } : {}),
  })
  const writer = createWriter(database, spool, onError)
  const retention = setInterval(() => void retain().catch(onError), 3_600_000).unref()
  const retain = () =>
    deleteOldContent(database, new Date(Date.now() - options.contentRetentionDays * 86_400_000)).catch(
      onError,
    )

  return {
    price: priceOf,
    /**
     * Writes that a call begins, before the provider is asked; a crash after this leaves a row `unknown`.
     * @throws AppError `overloaded` when too much waits for the database
     */
    open(call: Omit<OpenCall, 'id' | 'createdAt'>): RunningCall {
      const record: OpenCall = { ...call, id: uuidv7(), createdAt: new Date().toISOString() }
      spool.append({ call: record, end: null })
      writer.wake()
      let ended = false
      return {
        id: record.id,
        end(end) {
          if (ended) return
          ended = true
          spool.append({ call: record, end })
          writer.wake()
        },
      }
    },
    list: (principalId: string, query: HistoryQuery) => listCalls(database, principalId, query),
    /**
     * One call of a principal. An id is good as soon as its caller has it, on every replica: what waits here is
     * written first, and an id from the last hour is looked for again until the replica that has it has written it.
     * @throws AppError `not_found`
     */
    async get(principalId: string, id: string): Promise<HistoryDetail> {
      if (spool.find(id)) await writer.flush()
      const deadline = isRecent(id) ? Date.now() + settleMs : 0
      for (;;) {
        const found = await findCall(database, principalId, id)
        if (found) return found
        if (Date.now() >= deadline) throw new AppError('not_found')
        await new Promise((resolve) => setTimeout(resolve, settleStepMs))
      }
    },
    async remove(principalId: string, id: string) {
      if (spool.find(id)) await writer.flush()
      await removeCall(database, principalId, id)
    },
    stats: (principalId: string) => callStats(database, principalId),
    /** Deletes prompts and answers whose time is over. Runs by itself once an hour. @returns how many */
    retain,
    /** Records that wait for the database. */
    waiting: () => spool.waiting(),
    /** Writes all that waits. */
    flush: () => writer.flush(),
    /** Writes what waits, for at most `withinMs`; what is left stays in the spool for the next start. */
    async close(withinMs = 5000) {
      clearInterval(retention)
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
