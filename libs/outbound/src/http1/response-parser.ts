/** Names in lower case; a header that came several times is an array. */
export type ResponseHeaders = Record<string, string | string[] | undefined>

/** A head as it was written, for a relay. */
export interface RawHead {
  status: number
  /** The words behind the status. */
  reason: string
  /** Names and values in turn, in their order. */
  fields: string[]
}

/** What receives a message as it is read. */
export interface MessageHandler {
  /** The head of the answer; those of 1xx are left out. `raw` where it was asked for. */
  onHead(status: number, headers: ResponseHeaders, raw?: RawHead): void
  /** An answer of 1xx before the real one, 101 excepted; called where `raw` was asked for. */
  onInformational?(raw: RawHead): void
  /** Names and values in turn, before the end; called where `raw` was asked for and there are any. */
  onTrailers?(fields: string[]): void
  /** 101: what follows is the new protocol, of which `rest` is here already. Nothing more is called. */
  onUpgrade?(raw: RawHead, rest: Buffer): void
  onBody(piece: Buffer): void
  /** The message is whole. `reusable`: the connection may carry another one. */
  onEnd(reusable: boolean): void
}

/** The other side does not speak HTTP/1.1 as RFC 9112 has it. */
export class MessageProblem extends Error {
  constructor(
    message: string,
    /** `too_large`: a head beyond the limit; `early_end`: the connection ended inside the message. */
    readonly kind: 'protocol' | 'too_large' | 'early_end' = 'protocol',
  ) {
    super(message)
    this.name = 'MessageProblem'
  }
}

/** Bytes of a head, and of all trailers; a chunk's size line has far less. */
const maxHeadBytes = 64 << 10
const maxSizeLine = 1024
/** 1xx answers before the real one; more is an attack. */
const maxInformational = 16

const headEnd = Buffer.from('\r\n\r\n')
const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** Control characters, and line ends that are not both of CR and LF: other readers of the same bytes split them otherwise. */
const forbidden = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n/
/** RFC 9112 section 7.1.1. */
const extensions =
  /^(?:;[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:=(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]*"))?)*\r$/
/** What may not come behind the body it tells the length of: RFC 9110 section 6.5.1. */
const framing = /^(?:content-length|transfer-encoding):/i
/** Lower-case forms of the names that were seen; providers send the same few. */
const lowerCase = new Map<string, string>()

type State = 'head' | 'length' | 'until_close' | 'size' | 'chunk' | 'chunk_end' | 'trailers' | 'over'

/**
 * Reads one answer from bytes however they are cut: RFC 9112. Strict where two readers could disagree about where a
 * message ends: a message with both lengths, with two lengths, or with a transfer coding other than chunked is refused.
 */
export class ResponseParser {
  private state: State = 'head'
  private held: Buffer | undefined
  /** Bytes left of the body, or of the chunk. */
  private left = 0
  /** Of the chunks that came in the present read. */
  private pieces: Buffer[] = []
  private informational = 0
  private trailerBytes = 0
  private persistent = false

  /** Where heads and trailers are told as they were written. */
  private readonly trailerFields: string[] | undefined
  private readonly mayUpgrade: boolean

  /**
   * @param bodiless the answer to HEAD has no body whatever its head says
   * @param asked.raw heads, trailers and answers of 1xx are told as they were written
   * @param asked.upgrade 101 is an answer
   */
  constructor(
    private readonly handler: MessageHandler,
    private readonly bodiless: boolean,
    asked: { raw?: boolean; upgrade?: boolean } = {},
  ) {
    if (asked.raw) this.trailerFields = []
    this.mayUpgrade = asked.upgrade === true
  }

  /** Takes bytes. @throws MessageProblem */
  push(chunk: Buffer): void {
    let bytes = chunk
    if (this.held) {
      bytes = Buffer.concat([this.held, chunk])
      this.held = undefined
    }
    let at = 0
    try {
      while (at < bytes.length && this.state !== 'over') {
        const next = this.step(bytes, at)
        if (next === -1) {
          this.held = at === 0 ? bytes : bytes.subarray(at)
          return
        }
        at = next
      }
    } finally {
      this.flush()
    }
  }

  /** The other side has closed. @throws MessageProblem where the message is not whole */
  close(): void {
    if (this.state === 'over') return
    if (this.state !== 'until_close')
      throw new MessageProblem('the connection ended inside the answer', 'early_end')
    this.finish(false)
  }

  /** Reads what stands at `at`. @returns where to go on, -1 where more bytes are needed */
  private step(bytes: Buffer, at: number): number {
    switch (this.state) {
      case 'head':
        return this.head(bytes, at)
      case 'length':
      case 'chunk': {
        const end = Math.min(bytes.length, at + this.left)
        this.left -= end - at
        // The state first: the handler may end the connection.
        const over = this.left === 0
        const inChunk = this.state === 'chunk'
        if (over && inChunk) this.state = 'chunk_end'
        const piece = at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end)
        // The chunks of one read go on as one piece: a burst of events has a chunk for each.
        if (inChunk) this.pieces.push(piece)
        else this.handler.onBody(piece)
        if (over && !inChunk) this.complete(end === bytes.length)
        return end
      }
      case 'until_close':
        this.handler.onBody(at === 0 ? bytes : bytes.subarray(at))
        return bytes.length
      case 'size':
        return this.size(bytes, at)
      case 'chunk_end': {
        if (bytes.length - at < 2) return -1
        if (bytes[at] !== 0x0d || bytes[at + 1] !== 0x0a)
          throw new MessageProblem('a chunk is longer than it says')
        this.state = 'size'
        return at + 2
      }
      case 'trailers':
        return this.trailers(bytes, at)
      case 'over':
        return bytes.length
    }
  }

  private head(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(headEnd, at)
    if (end === -1 || end - at > maxHeadBytes) {
      if (bytes.length - at > maxHeadBytes)
        throw new MessageProblem(`the head of the answer is larger than ${maxHeadBytes} bytes`, 'too_large')
      // Something else may be spoken here, and wait for us: a mail server's greeting has no end of a head.
      if (!couldBeHttp(bytes, at)) throw new MessageProblem('the answer is not HTTP/1.1')
      return -1
    }
    const text = bytes.toString('latin1', at, end)
    const next = end + 4
    const lineEnd = text.indexOf('\r\n')
    const match = statusLine.exec(lineEnd === -1 ? text : text.slice(0, lineEnd))
    if (!match || forbidden.test(text)) throw new MessageProblem('the head of the answer is not HTTP/1.1')
    const status = Number(match[2])
    const fields: string[] | undefined = this.trailerFields && []
    const headers = lineEnd === -1 ? {} : readHeaders(text, lineEnd + 2, fields)
    const raw = fields && { status, reason: match[3] ?? '', fields }
    if (status < 200) {
      // 101 would turn the connection into something else, unless that was asked for.
      const unasked = status === 101 && !this.mayUpgrade
      if (unasked || match[1] === '0' || ++this.informational > maxInformational)
        throw new MessageProblem(`an unasked answer ${status}`)
      if (status === 101) {
        this.state = 'over'
        this.handler.onUpgrade?.(raw ?? { status, reason: '', fields: [] }, bytes.subarray(next))
        return bytes.length
      }
      if (raw) this.handler.onInformational?.(raw)
      return next
    }
    this.frame(status, headers, match[1] === '1')
    this.handler.onHead(status, headers, raw)
    if (this.state === 'length' && this.left === 0) this.complete(next === bytes.length)
    return next
  }

  /** Where the body ends: RFC 9112 section 6.3. */
  private frame(status: number, headers: ResponseHeaders, isLatest: boolean): void {
    const coding = headers['transfer-encoding']
    const length = headers['content-length']
    const connection = headers.connection === undefined ? '' : String(headers.connection).toLowerCase()
    this.persistent = isLatest ? !/\bclose\b/.test(connection) : /\bkeep-alive\b/.test(connection)
    if (coding !== undefined) {
      if (length !== undefined || !isLatest || String(coding).toLowerCase() !== 'chunked')
        throw new MessageProblem('the answer says in two ways, or in an unknown one, where it ends')
    }
    if (length !== undefined && !/^\d{1,15}$/.test(String(length)))
      throw new MessageProblem('the length of the answer is no number')
    if (this.bodiless || status === 204 || status === 304) {
      this.state = 'length'
      this.left = 0
    } else if (coding !== undefined) this.state = 'size'
    else if (length !== undefined) {
      this.state = 'length'
      this.left = Number(length)
    } else {
      this.state = 'until_close'
      this.persistent = false
    }
  }

  /** A chunk's size, with extensions that nobody reads: RFC 9112 section 7.1. */
  private size(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(0x0a, at)
    if (end === -1 || end - at > maxSizeLine) {
      if (bytes.length - at > maxSizeLine) throw new MessageProblem('the size of a chunk never ends')
      return -1
    }
    let index = at
    let size = 0
    for (; index < end; index++) {
      const digit = hexDigit(bytes[index] ?? 0)
      if (digit === -1) break
      size = size * 16 + digit
    }
    const line = index === end - 1 ? '\r' : bytes.toString('latin1', index, end)
    if (index === at || index - at > 12 || bytes[end - 1] !== 0x0d || !extensions.test(line))
      throw new MessageProblem('the size of a chunk is no number')
    this.left = size
    this.state = size === 0 ? 'trailers' : 'chunk'
    return end + 1
  }

  /** Trailers are left out, unless a relay asked for them: nothing of ours reads them. */
  private trailers(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(0x0a, at)
    if (end === -1) {
      if (this.trailerBytes + bytes.length - at > maxHeadBytes)
        throw new MessageProblem(`the trailers are larger than ${maxHeadBytes} bytes`, 'too_large')
      return -1
    }
    const line = bytes.toString('latin1', at, end + 1)
    if (line === '\r\n') {
      if (this.trailerFields && this.trailerFields.length > 0) {
        this.flush()
        this.handler.onTrailers?.(this.trailerFields)
      }
      this.complete(end + 1 === bytes.length)
      return end + 1
    }
    this.trailerBytes += line.length
    if (this.trailerBytes > maxHeadBytes)
      throw new MessageProblem(`the trailers are larger than ${maxHeadBytes} bytes`, 'too_large')
    const colon = line.indexOf(':')
    if (!line.endsWith('\r\n') || forbidden.test(line) || !token.test(line.slice(0, Math.max(colon, 0))))
      throw new MessageProblem('a trailer is no header')
    if (framing.test(line)) throw new MessageProblem('a trailer says where the message ends')
    this.trailerFields?.push(line.slice(0, colon), trimmed(line, colon + 1, line.length - 2))
    return end + 1
  }

  /** @param clean nothing came behind the message: an answer to a question that was not asked would be taken for the next one's */
  private complete(clean: boolean): void {
    this.finish(this.persistent && clean)
  }

  private flush(): void {
    const { pieces } = this
    if (pieces.length === 0) return
    this.pieces = []
    this.handler.onBody(pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces))
  }

  private finish(reusable: boolean): void {
    this.flush()
    this.state = 'over'
    this.handler.onEnd(reusable)
  }
}

function couldBeHttp(bytes: Buffer, at: number): boolean {
  const start = bytes.toString('latin1', at, at + 7)
  return 'HTTP/1.'.startsWith(start)
}

function readHeaders(text: string, from: number, fields: string[] | undefined): ResponseHeaders {
  const headers: ResponseHeaders = Object.create(null)
  for (let at = from; at < text.length; ) {
    const found = text.indexOf('\r\n', at)
    const end = found === -1 ? text.length : found
    const colon = text.indexOf(':', at)
    if (colon === -1 || colon > end) throw new MessageProblem('a line of the head is no header')
    const written = text.slice(at, colon)
    const name = nameOf(written)
    const value = trimmed(text, colon + 1, end)
    fields?.push(written, value)
    const before = headers[name]
    if (before === undefined) headers[name] = value
    else if (name === 'content-length' || name === 'transfer-encoding')
      throw new MessageProblem(`${name} came twice`)
    else if (Array.isArray(before)) before.push(value)
    else headers[name] = [before, value]
    at = end + 2
  }
  return headers
}

/** Without the spaces and tabs around it; other blanks are part of the value. */
function trimmed(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

const isBlank = (code: number) => code === 0x20 || code === 0x09

/** @throws MessageProblem for what is no name, a line that is folded included */
function nameOf(raw: string): string {
  const known = lowerCase.get(raw)
  if (known !== undefined) return known
  if (!token.test(raw)) throw new MessageProblem('a header has no proper name')
  const name = raw.toLowerCase()
  if (lowerCase.size < 500) lowerCase.set(raw, name)
  return name
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}
