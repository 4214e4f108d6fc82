import { setTimeout as delay } from 'node:timers/promises'
import { databaseFailure } from './failure.js'
import type { Prisma, PrismaClient } from './generated/client.js'

/** The client inside a transaction. */
export type Transaction = Prisma.TransactionClient

/** Settings of a transaction. */
export interface TransactionOptions {
  /** Default: what Postgres has, read committed. */
  isolation?: Prisma.TransactionIsolationLevel
  /** Milliseconds after which the transaction is rolled back; 10,000 unless told. */
  timeout?: number
}

/** Runs a function in a transaction; see `Database.transaction`. */
export type InTransaction = <T>(
  work: (transaction: Transaction) => Promise<T>,
  options?: TransactionOptions,
) => Promise<T>

const attempts = 5

/** Builds the function that runs transactions on a client. */
export function inTransaction(client: PrismaClient): InTransaction {
  return (work, { isolation, timeout = 10_000 } = {}) =>
    repeated(() =>
      client.$transaction(work, {
        maxWait: 5_000,
        timeout,
        ...(isolation && { isolationLevel: isolation }),
      }),
    )
}

/** Runs a transaction, and runs it again when another one was faster. */
export async function repeated<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run()
    } catch (error) {
      if (attempt === attempts || databaseFailure(error).kind !== 'conflict') throw error
      // Jitter: two that met once must not meet again at the same moment.
      await delay(Math.random() * 20 * 2 ** attempt)
    }
  }
}
