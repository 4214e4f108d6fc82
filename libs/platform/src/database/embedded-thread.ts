/**
 * The thread that runs the embedded Postgres (PGlite). It speaks Postgres' wire protocol over message ports, so that
 * no other program on the machine can reach the database, and the event loop of the gateway never waits for it.
 *
 * PGlite is one session. Two rules keep it correct for `pg` clients:
 * - one stream at a time is served, the next one waits for its end, and a session is wiped between two;
 * - messages are handed over up to their Sync: fed one by one, PGlite answers an error with an extra ReadyForQuery
 *   (https://github.com/electric-sql/pglite/issues/958) and results would shift to the next query.
 *
 * This file is started as it is, compiled or not: it imports nothing of ours at run time.
 */
import { fsyncSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { NodeFS } from '@electric-sql/pglite/nodefs'
import type { FromThread, ThreadStart, ToThread } from './wire.js'

interface Stream {
  id: number
  /** Bytes not yet executed; begins at a message's first byte. */
  bytes: Uint8Array
  /** How far `bytes` has been looked through; always a message's first byte. */
  scanned: number
  started: boolean
  ended: boolean
}

const code = (letter: string): number => letter.charCodeAt(0)
/** Messages after which Postgres answers and the client waits. */
const batchEnds = new Set(['Q', 'S', 'F'].map(code))
const terminate = code('X')

type Module = Parameters<NodeFS['init']>[1]

/** Emscripten's NODEFS leaves fsync out: a commit would survive a crash of ours, but not a power cut. */
class DurableFolder extends NodeFS {
  override async init(pg: PGlite, options: Module): Promise<{ emscriptenOpts: Module }> {
    const { emscriptenOpts } = await super.init(pg, options)
    const addSync = (module: { FS: { filesystems: { NODEFS: { stream_ops: object } } } }): void => {
      const fsync = ({ nfd }: { nfd?: number }): number => {
        if (nfd !== undefined) fsyncSync(nfd)
        return 0
      }
      Object.assign(module.FS.filesystems.NODEFS.stream_ops, { fsync })
    }
    const preRun = [emscriptenOpts.preRun ?? [], addSync].flat()
    return { emscriptenOpts: { ...emscriptenOpts, preRun } as Module }
  }
}

const port = parentPort
if (!port) throw new Error('embedded-thread is started as a worker thread')
const tell = (message: FromThread, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer)

const streams: Stream[] = []
let stopping = false
let working = false

const { folder } = workerData as ThreadStart
const database = await open(folder)
tell({ kind: 'started' })

port.on('message', (message: ToThread) => {
  if (message.kind === 'stop') stopping = true
  else if (message.kind === 'open')
    streams.push({ id: message.stream, bytes: new Uint8Array(0), scanned: 0, started: false, ended: false })
  else {
    const stream = streams.find(({ id }) => id === message.stream)
    if (stream && message.kind === 'data') stream.bytes = Buffer.concat([stream.bytes, message.bytes])
    else if (stream) stream.ended = true
  }
  if (!working) void work()
})

async function open(folder: string | null): Promise<PGlite> {
  const said: string[] = []
  const onStderr = (line: string): boolean => {
    if (/(FATAL|PANIC|ERROR|HINT):/.test(line)) said.push(line.trim())
    return false
  }
  try {
    if (folder === null) return await PGlite.create({ onStderr })
    // Postgres' own default is fsync on; PGlite's list of start parameters turns it off.
    const startParams = PGlite.defaultStartParams.filter((parameter) => parameter !== '-F')
    return await PGlite.create({ onStderr, fs: new DurableFolder(folder), startParams })
  } catch (error) {
    throw new Error(said.join(' ') || `it did not start: ${String(error)}`, { cause: error })
  }
}

/** Serves the first stream until it ends, then the next. Runs once at a time. */
async function work(): Promise<void> {
  working = true
  try {
    for (;;) {
      const stream = streams[0]
      const batch = stream && nextBatch(stream)
      if (stream && batch)
        await execute(batch, (bytes) => tell({ kind: 'data', stream: stream.id, bytes }, [bytes.buffer]))
      else if (stream?.ended) await finish(stream)
      else break
    }
    if (stopping) await stop()
  } catch (error) {
    // A trap inside WebAssembly leaves the session in an unknown state: end here, as a crashed server would.
    tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
    port?.close()
  }
  working = false
}

/** Cuts the next whole batch off a stream's bytes, or undefined while it is incomplete. */
function nextBatch(stream: Stream): Uint8Array | undefined {
  const view = new DataView(stream.bytes.buffer, stream.bytes.byteOffset, stream.bytes.byteLength)
  for (;;) {
    // The start-up message alone has no type byte.
    const type = stream.started ? stream.bytes[stream.scanned] : undefined
    const head = stream.started ? 1 : 0
    if (stream.bytes.length < stream.scanned + head + 4) return undefined
    const end = stream.scanned + head + view.getInt32(stream.scanned + head)
    if (stream.bytes.length < end) return undefined
    if (type === terminate) {
      stream.ended = true
      return undefined
    }
    stream.scanned = end
    if (type === undefined || batchEnds.has(type)) {
      stream.started = true
      const batch = stream.bytes.slice(0, end)
      stream.bytes = stream.bytes.subarray(end)
      stream.scanned = 0
      return batch
    }
  }
}

async function execute(batch: Uint8Array, answer: (bytes: Uint8Array<ArrayBuffer>) => void): Promise<void> {
  // The bytes lie in WebAssembly's memory and are overwritten by the next call.
  await database.execProtocolRawStream(batch, { onRawData: (bytes) => answer(new Uint8Array(bytes)) })
}

/** Leaves nothing of a session to the next one: no transaction, lock, setting or prepared statement. */
async function finish(stream: Stream): Promise<void> {
  if (stream.started) {
    if (database.isInTransaction()) await execute(query('ROLLBACK'), () => {})
    await execute(query('DISCARD ALL'), () => {})
  }
  streams.shift()
  tell({ kind: 'end', stream: stream.id })
}

/** A simple query as its bytes: https://www.postgresql.org/docs/current/protocol-message-formats.html */
function query(sql: string): Uint8Array {
  const text = Buffer.from(`${sql}\0`)
  const head = Buffer.alloc(5)
  head.writeUInt8(code('Q'))
  head.writeInt32BE(4 + text.length, 1)
  return Buffer.concat([head, text])
}

async function stop(): Promise<void> {
  await database.close()
  tell({ kind: 'stopped' })
  port?.close()
}
