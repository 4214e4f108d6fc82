import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { Worker } from 'node:worker_threads'
import { ThreadStream } from './thread-stream.js'
import type { FromThread, ThreadStart, ToThread } from './wire.js'

/** A running embedded Postgres. */
export interface EmbeddedPostgres {
  /** A connection as `pg` takes it (`stream` of its configuration). Further ones wait for the end of the first. */
  stream(): Duplex
  /** Ends the database cleanly and then its thread. */
  stop(): Promise<void>
  /** Ends the thread at once, as a crash would. */
  kill(): Promise<void>
}

/**
 * Starts an embedded Postgres in a thread of its own.
 *
 * @param folder of the database, made by initdb where it is empty; null for one in memory
 * @param onCrash called once when the thread ends by itself; every stream ends in an error then
 * @throws Error with the database's own words when it does not start
 */
export async function startEmbedded(
  folder: string | null,
  onCrash: (error: Error) => void,
): Promise<EmbeddedPostgres> {
  // Under a test runner this file is TypeScript, and so is its neighbour.
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
  const worker = new Worker(new URL(`./embedded-thread${extension}`, import.meta.url), {
    workerData: { folder } satisfies ThreadStart,
    // Nothing of the environment is the database's business; PG* variables would change it.
    env: {},
    execArgv: [],
  })
  const streams = new Map<number, ThreadStream>()
  let state: 'starting' | 'running' | 'stopping' | 'crashed' = 'starting'
  let count = 0
  let failure: string | undefined

  const crash = (error: Error): void => {
    if (state === 'crashed') return
    const unexpected = state === 'running'
    state = 'crashed'
    for (const stream of streams.values()) stream.destroy(error)
    streams.clear()
    if (unexpected) onCrash(error)
  }

  const started = new Promise<void>((resolve, reject) => {
    worker.on('message', (message: FromThread) => {
      if (message.kind === 'started') {
        state = 'running'
        resolve()
      } else if (message.kind === 'failed') failure = message.message
      else if (message.kind === 'data') streams.get(message.stream)?.receive(message.bytes)
      else if (message.kind === 'end') {
        streams.get(message.stream)?.receive(null)
        streams.delete(message.stream)
      }
    })
    worker.on('error', (error) => {
      failure = error instanceof Error ? error.message : String(error)
    })
    worker.on('exit', (exitCode) => {
      const error = new Error(`The embedded database ended: ${failure ?? `exit code ${exitCode}`}`)
      reject(error)
      if (state !== 'stopping') crash(error)
    })
  })
  await started

  const tell = (message: ToThread, transfer: ArrayBuffer[] = []): void => {
    if (state !== 'crashed') worker.postMessage(message, transfer)
  }

  return {
    stream() {
      count += 1
      const stream = new ThreadStream(count, tell)
      if (state === 'running') streams.set(count, stream)
      else stream.destroy(new Error('The embedded database is not running'))
      return stream
    },
    async stop() {
      if (state !== 'running') return
      const ended = once(worker, 'exit')
      tell({ kind: 'stop' })
      state = 'stopping'
      await ended
      for (const stream of streams.values()) stream.destroy()
      if (failure) throw new Error(`The embedded database did not end cleanly: ${failure}`)
    },
    async kill() {
      await worker.terminate()
    },
  }
}
