import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

/** A body up to here is taken whole before it goes on: one write upstream, and it can be sent again. */
const wholeBytes = 64 << 10
/** Of a longer one so much is kept for a second sending, while its answer is not here. */
const keptBytes = 1 << 20
/** Of all bodies together. */
const keptTogether = 16 << 20
let keptNow = 0

/** A caller's body, on its way. */
export interface Upload {
  /** Bytes, where they are said; undefined for a chunked body and for none. */
  readonly length: number | undefined
  /** What to send; once for each attempt. Rejects when the caller leaves before a short body is whole. */
  open(): Promise<Uint8Array | Readable | null>
  /** Whether all of it can be sent from the beginning once more. */
  isRepeatable(): boolean
  /** Whether the caller has sent all of it. */
  isWhole(): boolean
  /** It will not be sent again. */
  forget(): void
  /** It is not wanted any more: the rest is read and dropped, so that the caller gets to read its answer. */
  drain(): void
}

/** @param expectsContinue the caller waits for a word of the upstream before it sends anything */
export function uploadOf(request: IncomingMessage, expectsContinue: boolean): Upload {
  const { headers } = request
  const said = headers['content-length']
  if (headers['transfer-encoding'] !== undefined) return new StreamedUpload(request, undefined)
  if (said === undefined) return emptyUpload
  const length = Number(said)
  return length <= wholeBytes && !expectsContinue
    ? new ShortUpload(request, length)
    : new StreamedUpload(request, length)
}

const emptyUpload: Upload = {
  length: undefined,
  open: async () => null,
  isRepeatable: () => true,
  isWhole: () => true,
  forget() {},
  drain() {},
}

class ShortUpload implements Upload {
  private body: Promise<Uint8Array> | undefined
  private received = 0

  constructor(
    private readonly request: IncomingMessage,
    readonly length: number,
  ) {}

  open(): Promise<Uint8Array> {
    this.body ??= this.length === 0 ? Promise.resolve(Buffer.alloc(0)) : this.read()
    return this.body
  }

  isRepeatable = () => this.body !== undefined
  isWhole = () => this.received === this.length

  forget(): void {
    this.body = undefined
  }

  drain(): void {
    this.request.resume()
  }

  private read(): Promise<Uint8Array> {
    const { request, length } = this
    return new Promise((resolve, reject) => {
      let first: Buffer | undefined
      let more: Buffer[] | undefined
      request.on('data', (piece: Buffer) => {
        this.received += piece.length
        if (!first) first = piece
        else more = more ? [...more, piece] : [first, piece]
        if (this.received === length) resolve(more ? Buffer.concat(more) : piece)
      })
      request.on('close', () => reject(new Error('The caller left.')))
    })
  }
}

class StreamedUpload implements Upload {
  private kept: Buffer[] | undefined = []
  private keptSize = 0
  private current: Readable | undefined
  private ended = false
  private broken = false

  constructor(
    private readonly request: IncomingMessage,
    readonly length: number | undefined,
  ) {
    request.pause()
    request.on('data', (piece: Buffer) => this.take(piece))
    request.on('end', () => {
      this.ended = true
      this.current?.push(null)
    })
    request.on('close', () => {
      // A request that was read to its end is closed too.
      if (this.ended) return
      this.broken = true
      this.current?.destroy(new Error('The caller left.'))
      this.forget()
    })
    // Told by `close`.
    request.on('error', () => {})
  }

  async open(): Promise<Readable> {
    if (this.broken) throw new Error('The caller left.')
    const { request } = this
    const body = new Readable({
      highWaterMark: wholeBytes,
      read: () => void request.resume(),
      destroy: (error, done) => {
        if (this.current === body) this.current = undefined
        if (!this.ended) request.pause()
        done(error)
      },
    })
    // Whoever sends it hears of its end by `close` too.
    body.on('error', () => {})
    for (const piece of this.kept ?? []) body.push(piece)
    if (this.ended) body.push(null)
    this.current = body
    return body
  }

  isRepeatable = () => this.kept !== undefined && !this.broken
  isWhole = () => this.ended

  forget(): void {
    keptNow -= this.keptSize
    this.keptSize = 0
    this.kept = undefined
  }

  drain(): void {
    this.forget()
    this.current = undefined
    this.request.resume()
  }

  private take(piece: Buffer): void {
    if (this.kept) {
      if (this.keptSize + piece.length > keptBytes || keptNow + piece.length > keptTogether) this.forget()
      else {
        this.kept.push(piece)
        this.keptSize += piece.length
        keptNow += piece.length
      }
    }
    if (this.current && !this.current.push(piece)) this.request.pause()
  }
}
