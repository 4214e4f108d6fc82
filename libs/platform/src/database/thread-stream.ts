import { Duplex } from 'node:stream'
import type { ToThread } from './wire.js'

/** A stand-in for `net.Socket` as `pg` uses it: bytes go to the database's thread and come from it. */
export class ThreadStream extends Duplex {
  readonly #id: number
  readonly #tell: (message: ToThread, transfer?: ArrayBuffer[]) => void
  #opened = false
  #ended = false

  constructor(id: number, tell: (message: ToThread, transfer?: ArrayBuffer[]) => void) {
    super()
    this.#id = id
    this.#tell = tell
  }

  connect(): this {
    if (this.destroyed) return this
    this.#opened = true
    this.#tell({ kind: 'open', stream: this.#id })
    queueMicrotask(() => this.emit('connect'))
    return this
  }

  /** Bytes from the thread; null at the end. */
  receive(bytes: Uint8Array | null): void {
    if (!this.destroyed) this.push(bytes)
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    // A copy of its own: cloning a slice of Node's buffer pool would send the whole pool along.
    const bytes = new Uint8Array(chunk)
    this.#tell({ kind: 'data', stream: this.#id, bytes }, [bytes.buffer])
    done()
  }

  override _final(done: (error?: Error) => void): void {
    this.#end()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#end()
    done(error)
  }

  #end(): void {
    if (this.#opened && !this.#ended) this.#tell({ kind: 'end', stream: this.#id })
    this.#ended = true
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }
}
