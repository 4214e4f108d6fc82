import type { ListedModel } from './provider.js'

/** How a listing asks, and by which clock. */
export interface ListingOptions {
  ask: (signal: AbortSignal) => Promise<ListedModel[]>
  /** Milliseconds since 1970; the system's clock by default. */
  now?: () => number
  /** Longest wait for an answer before what is known is given, in milliseconds. */
  waitMs?: number
}

/** What is known of a connection's models. */
export interface Listed {
  models: readonly ListedModel[]
  /** False: the provider was asked last without success, or has not answered yet; the models are those of before. */
  current: boolean
}

/** The models of one connection, kept between questions. */
export interface Listing {
  /** What is known after at most two seconds of waiting. Never rejects. */
  get(): Promise<Listed>
  /** What is known without asking. */
  known(): readonly ListedModel[]
  /** The same, with how it stands; undefined before the provider was heard of for the first time. */
  standing(): Listed | undefined
}

const freshMs = 5 * 60_000
/** After a failure nobody waits for the next try within this time. */
const failurePauseMs = 30_000
/** A question that takes longer is given up; nobody has been waiting for it for long. */
const askLimitMs = 20_000

/** Asks for the models at most every five minutes, once for any number of waiters, and keeps the last good answer. */
export function createListing({ ask, now = Date.now, waitMs = 2_000 }: ListingOptions): Listing {
  let models: readonly ListedModel[] = []
  let current = false
  let heard = false
  let askAgainAt = Number.NEGATIVE_INFINITY
  let running: Promise<void> | undefined

  const refresh = async () => {
    try {
      models = await ask(AbortSignal.timeout(askLimitMs))
      current = true
      askAgainAt = now() + freshMs
    } catch {
      current = false
      askAgainAt = now() + failurePauseMs
    } finally {
      heard = true
      running = undefined
    }
  }

  return {
    async get() {
      if (now() >= askAgainAt) running ??= refresh()
      if (running) await atMost(waitMs, running)
      return { models, current }
    },
    known: () => models,
    standing: () => (heard ? { models, current } : undefined),
  }
}

async function atMost(milliseconds: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  await Promise.race([promise, limit])
  clearTimeout(timer)
}
