import type { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import {
  type Exchange,
  type ExchangeHandler,
  type RawHead,
  type ResponseHeaders,
  type TokenSource,
  type Transport,
  TransportError,
} from '@gatehouse/outbound'
import { sentenceOf } from './credential.js'
import { answerFields, requestFields } from './fields.js'
import type { Log } from './log.js'
import { type Refusal, refusals, refuse } from './own-answer.js'
import { joinSockets } from './tunnel.js'
import { type Upload, uploadOf } from './upload.js'

/** What every request needs to go its way. */
export interface Way {
  transport: Transport
  upstream: URL
  tokens: TokenSource
  log: Log
  /** Sockets that speak another protocol by now, to be ended with the sidecar. */
  tunnels: Set<Socket>
}

/** One request of a caller. */
export interface Asked {
  request: IncomingMessage
  response: ServerResponse
  /** As `createDestination` made it. */
  target: string
  expectsContinue?: boolean
  /** The caller asks for another protocol; `head` is what it said in it already. */
  upgrade?: { protocol: string; head: Buffer }
}

/** Of an answer that refuses our token so much is read while another token is fetched. */
const heldBytes = 64 << 10
/** The caller's leaving is heard from its response. */
const neverCancelled = { aborted: false, reason: undefined, addEventListener() {}, removeEventListener() {} }

/** Passes a request on with our token, and its answer back, as bytes with back-pressure both ways. */
export class Passage {
  private readonly fields: string[]
  private readonly upload: Upload
  private attempt: Attempt | undefined
  private retried = false
  /** The head has gone, or goes, with a piece of the body. */
  private wrote = false
  private left = false

  constructor(
    private readonly way: Way,
    private readonly asked: Asked,
  ) {
    const { request, expectsContinue = false } = asked
    this.fields = requestFields(request.rawHeaders, request.headers.connection)
    this.upload = uploadOf(request, expectsContinue)
  }

  async start(): Promise<void> {
    const { response } = this.asked
    response.once('close', () => {
      this.left = !response.writableFinished
      if (this.left) this.attempt?.abort()
      this.upload.forget()
    })
    let token: string
    try {
      token = await this.way.tokens.get()
    } catch {
      // Never a request without a token.
      return this.refuse(refusals.no_token)
    }
    await this.send(token)
  }

  /** Whether an answer that refuses the token may be answered with another one. */
  get mayRetry(): boolean {
    return !this.retried && this.upload.isRepeatable()
  }

  /** The upstream knows the token no more, or not yet. */
  async refused(attempt: Attempt, token: string): Promise<void> {
    this.retried = true
    const { tokens } = this.way
    tokens.invalidate(token)
    const fresh = await tokens.get().catch(() => token)
    if (this.left) return
    if (fresh === token || !this.upload.isRepeatable()) return attempt.release()
    attempt.abort()
    await this.send(fresh)
  }

  inform({ status, reason, fields }: RawHead): void {
    const { request, response, expectsContinue } = this.asked
    if (response.headersSent || request.httpVersion !== '1.1') return
    if (status === 100) {
      if (expectsContinue) response.writeContinue()
      return
    }
    // Only where it is this response's turn to speak.
    response.socket?.write(headOf(status, reason, answerFields(fields, undefined)), 'latin1')
  }

  begin({ status, reason, fields }: RawHead, headers: ResponseHeaders): void {
    const { response, expectsContinue } = this.asked
    this.upload.forget()
    // Nobody can say whether the body that was announced still comes.
    if (expectsContinue && !this.upload.isWhole()) response.shouldKeepAlive = false
    response.sendDate = false
    response.writeHead(status, reason, answerFields(fields, text(headers.connection)))
    // With what came in the same read, or alone when there was nothing: the first byte may be long in coming.
    queueMicrotask(() => {
      if (!this.wrote && !response.writableEnded) response.flushHeaders()
    })
  }

  write(chunk: Buffer): boolean {
    const { response } = this.asked
    this.wrote = true
    if (response.write(chunk)) return true
    response.once('drain', () => this.attempt?.resume())
    return false
  }

  trailers(fields: string[]): void {
    const pairs: [string, string][] = []
    const kept = answerFields(fields, undefined)
    for (let index = 0; index < kept.length; index += 2)
      pairs.push([kept[index] ?? '', kept[index + 1] ?? ''])
    this.asked.response.addTrailers(pairs)
  }

  end(): void {
    this.asked.response.end()
    this.upload.drain()
  }

  upgraded({ status, reason, fields }: RawHead, upstream: Socket, rest: Buffer): void {
    const { response, upgrade } = this.asked
    const { socket } = response
    if (!upgrade || !(socket instanceof Socket) || this.left) return void upstream.destroy()
    // It stays the response's socket, so that the end of the one is the end of the other.
    response.statusCode = status
    socket.write(headOf(status, reason, fields), 'latin1')
    joinSockets({ socket, said: upgrade.head }, { socket: upstream, said: rest }, this.way.tunnels)
  }

  /** @param error a TransportError, or a defect of ours, which must not end what runs for others */
  fail(error: unknown): void {
    const { response, request } = this.asked
    if (this.left || (request.destroyed && !request.complete)) return
    const kind = error instanceof TransportError ? error.kind : undefined
    this.way.log.warn('a request could not be passed on', { kind, reason: sentenceOf(error) })
    if (response.headersSent) return void response.destroy()
    const unsent = kind !== undefined && ['connect', 'dns', 'tls', 'connect_timeout'].includes(kind)
    if (kind === 'protocol' && error instanceof TransportError && !error.requestSent)
      this.refuse(refusals.bad_request)
    else this.refuse(unsent ? refusals.unreachable : refusals.broken)
  }

  private refuse(refusal: Refusal): void {
    const { response, expectsContinue } = this.asked
    if (this.left || response.headersSent) return
    if (expectsContinue && !this.upload.isWhole()) response.shouldKeepAlive = false
    refuse(response, refusal)
    this.upload.drain()
  }

  private async send(token: string): Promise<void> {
    const { way, upload, asked } = this
    const body = await upload.open().catch(() => undefined)
    if (this.left || body === undefined) return
    const { request, target, expectsContinue, upgrade } = asked
    const attempt = new Attempt(this, token)
    this.attempt = attempt
    attempt.exchange = way.transport.dispatch(
      {
        method: request.method ?? 'GET',
        url: way.upstream,
        ...(body === null ? {} : { body }),
        signal: neverCancelled,
        maxResponseBytes: Number.POSITIVE_INFINITY,
        passedOn: {
          target,
          fields: [...this.fields, 'authorization', `Bearer ${token}`],
          length: upload.length,
          trailers: () => request.rawTrailers,
          // A second sending has its answer already.
          expectsContinue: expectsContinue && !upload.isWhole(),
          acceptsTrailers: /\btrailers\b/i.test(String(request.headers.te ?? '')),
          upgrade: upgrade?.protocol,
        },
      },
      attempt,
    )
  }
}

/** One sending of a request. An answer that refuses the token is held until it is known whether there is another. */
class Attempt implements ExchangeHandler {
  exchange: Exchange | undefined
  private held: Buffer[] | undefined
  private heldSize = 0
  private head: { raw: RawHead; headers: ResponseHeaders } | undefined
  private ended = false
  private error: TransportError | undefined
  private over = false

  constructor(
    private readonly passage: Passage,
    private readonly token: string,
  ) {}

  onInformational(raw: RawHead): void {
    if (!this.over) this.passage.inform(raw)
  }

  onHead(status: number, headers: ResponseHeaders, raw: RawHead = { status, reason: '', fields: [] }): void {
    if (status !== 401 || !this.passage.mayRetry) return void this.passage.begin(raw, headers)
    this.head = { raw, headers }
    this.held = []
    this.passage.refused(this, this.token).catch((error: unknown) => this.passage.fail(error))
  }

  onData(chunk: Buffer): boolean {
    if (!this.held) return this.passage.write(chunk)
    this.held.push(chunk)
    this.heldSize += chunk.length
    return this.heldSize < heldBytes
  }

  onTrailers(fields: string[]): void {
    if (!this.held) this.passage.trailers(fields)
  }

  onEnd(): void {
    this.ended = true
    if (!this.held) this.passage.end()
  }

  onError(error: TransportError): void {
    if (this.over) return
    this.error = error
    if (!this.held) this.passage.fail(error)
  }

  onUpgrade(raw: RawHead, socket: Socket, rest: Buffer): void {
    this.passage.upgraded(raw, socket, rest)
  }

  /** There is no other token: what was held is the answer. */
  release(): void {
    const { head, held } = this
    if (!head || !held || this.over) return
    this.held = undefined
    this.passage.begin(head.raw, head.headers)
    let ready = true
    for (const chunk of held) ready = this.passage.write(chunk)
    if (this.ended) this.passage.end()
    else if (this.error) this.passage.fail(this.error)
    else if (ready) this.exchange?.resume()
  }

  resume(): void {
    this.exchange?.resume()
  }

  abort(): void {
    this.over = true
    this.exchange?.abort()
  }
}

function headOf(status: number, reason: string, fields: readonly string[]): string {
  let head = `HTTP/1.1 ${status} ${reason}\r\n`
  for (let index = 0; index + 1 < fields.length; index += 2)
    head += `${fields[index]}: ${fields[index + 1]}\r\n`
  return `${head}\r\n`
}

const text = (value: string | string[] | undefined) => (value === undefined ? undefined : String(value))
