import { type Database, databaseFailure } from '@gatehouse/platform'
import type { RecordLine } from './record-line.js'
import type { Spool } from './spool.js'
import { timedOut } from './timed-out.js'
import { writeRecords } from './write-records.js'

/** Moves records from the spool to the database; the only thing that writes calls. */
export interface Writer {
  /** Something waits: write it soon. */
  wake(): void
  /** Writes all that waits now. @throws what the database said */
  flush(): Promise<void>
  /** Writes what waits, at most for `withinMs`, and ends. */
  stop(withinMs: number): Promise<void>
}

const batchRecords = 500
/** A prompt may have 20 MiB: a batch of many such takes longer than the database gives it. */
const batchBytes = 8 << 20
/** A finished call is there to read within 2 s; most within this. */
const delayMs = 100
const retryMs = 1000

/** Batches are idempotent by our call id: a record that is written twice changes nothing the second time. */
export function createWriter(database: Database, spool: Spool, onError: (error: unknown) => void): Writer {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  let stopped = false

  /** Writes all that waits at its beginning: under load something always waits. */
  const drain = async () => {
    for (let left = spool.waiting(); left > 0; ) {
      const batch = spool.peek(Math.min(left, batchRecords), batchBytes)
      try {
        await writeRecords(
          database,
          batch.map(({ line }) => line),
        )
      } catch (error) {
        if (passes(error)) throw error
        for (const { line } of batch) await writeSingly(line)
      }
      spool.written(batch.length)
      left -= batch.length
    }
  }

  /** One record that the database refuses, or takes too long over, must not hold up the others. */
  const writeSingly = async (line: RecordLine) => {
    try {
      return await writeRecords(database, [line])
    } catch (error) {
      if (passes(error)) throw error
    }
    // A crash of the server has many faces. Only one that answers, twice, has really refused this record.
    await database.ping()
    try {
      await writeRecords(database, [line])
    } catch (error) {
      if (passes(error)) throw error
      if (!line.hasContent) return refuse(line, error)
      // The figures never fall with what was said.
      await writeSingly(line.withoutContent())
      const why = timedOut(error) ? 'the database took too long to write it' : 'the database refuses it'
      onError(new Error(`What was said in call ${line.id} was not kept: ${why}.`, { cause: error }))
    }
  }

  const refuse = (line: RecordLine, error: unknown) => {
    if (timedOut(error)) throw error
    spool.setAside(line, error instanceof Error ? error.message : String(error))
    onError(error)
  }

  const flush = (): Promise<void> => {
    if (!running) {
      running = drain().finally(() => {
        running = undefined
      })
      return running
    }
    // What came after the present one began is not in it.
    next ??= running
      .finally(() => {
        next = undefined
      })
      .then(flush)
    return next
  }

  const wake = (after = delayMs) => {
    if (timer || stopped) return
    timer = setTimeout(() => {
      timer = undefined
      flush().catch((error: unknown) => {
        onError(error)
        wake(retryMs)
      })
    }, after).unref()
  }
  if (spool.waiting() > 0) wake()

  return {
    wake: () => wake(),
    flush,
    async stop(withinMs) {
      stopped = true
      clearTimeout(timer)
      await Promise.race([
        flush().catch(onError),
        new Promise<void>((resolve) => void setTimeout(resolve, withinMs).unref()),
      ])
    },
  }
}

/** Whether the same may well be written later: the database is away, or another transaction holds what it needs. */
function passes(error: unknown): boolean {
  const { kind } = databaseFailure(error)
  return (kind === 'unavailable' || kind === 'conflict') && !timedOut(error)
}
