import type { ServerResponse } from 'node:http'
import { AppError } from '@gatehouse/contracts'
import type { RelayHandler } from '@gatehouse/llm'
import type { Exchange, ResponseHeaders } from '@gatehouse/outbound'
import { ClientGone } from '../http/client-gone.js'
import { publicError } from '../http/public-error.js'
import { readAnswer } from './answer-figures.js'
import { type Endpoint, tailOf } from './endpoints.js'
import { MadeInStream, madeAtStart, madeIn } from './made-objects.js'
import type { Call } from './pipeline.js'
import { costHeader, routeHeaders } from './route-headers.js'
import { answerIn, SaidInStream } from './said.js'
import type { Tail } from './stream-tail.js'

/** A call that is passed on. */
export interface Relayed {
  call: Call
  endpoint: Endpoint
  /** Sends it to the provider. */
  send(handler: RelayHandler): Exchange
  response: ServerResponse
  /** Headers of ours, in pairs. */
  headers: readonly string[]
  /** The caller asked for the usage of a stream; otherwise its event is taken out again. */
  wantsUsage: boolean
  /** The answer is kept, so it has to be read. */
  keepContent: boolean
  /** When the request was here, by `performance.now()`. */
  arrivedAt: number
}

/** An answer that fits into this is read whole before it goes on, so that its cost can stand in a header. */
const wholeBytes = 64 << 10
/** Of a longer answer so much of its end is kept, where the usage stands. */
const tailBytes = 8 << 10
const keepAliveMs = 15_000
/** A reader that takes nothing for so long is gone, whatever its socket says. */
const stalledMs = 120_000
/** What a reader may take for the last event of a call that was ended. */
const lastEventMs = 5_000

/**
 * Passes a request on as bytes and its answer back as bytes, with back-pressure both ways, and settles the call.
 * Resolves when the answer has gone out; rejects only while nothing has been sent.
 */
export function relay(relayed: Relayed): Promise<void> {
  return new Promise((resolve, reject) => new Relay(relayed, resolve, reject).start())
}

class Relay implements RelayHandler {
  private answer: Answer | undefined
  private exchange: Exchange | undefined
  private readonly sentAt = performance.now()

  constructor(
    private readonly relayed: Relayed,
    private readonly resolve: () => void,
    private readonly reject: (error: unknown) => void,
  ) {}

  start(): void {
    const { relayed } = this
    relayed.response.once('close', this.leave)
    this.exchange = relayed.send(this)
  }

  onHead(status: number, headers: ResponseHeaders): void {
    const { relayed } = this
    const type = String(headers['content-type'] ?? '')
    const way = { relayed, status, type, sentAt: this.sentAt, resume: () => this.exchange?.resume() }
    if (/^text\/event-stream\b/i.test(type)) this.answer = new StreamedAnswer(way)
    else if (relayed.endpoint.answersJson || /\bjson\b/i.test(type)) this.answer = new JsonAnswer(way)
    else this.answer = new PlainAnswer(way)
  }

  onData(chunk: Buffer): boolean {
    try {
      return this.answer?.take(chunk) ?? true
    } catch (error) {
      const { call, response } = this.relayed
      if (response.headersSent) call.cancellation.abort(error)
      else {
        // The call itself goes on: somebody else may be asked.
        this.onError(error)
        this.exchange?.abort()
      }
      return true
    }
  }

  onEnd(): void {
    try {
      const finish = this.answer?.end()
      // Its end is written down first: an answer that was whole is in the history, whatever happens to this process.
      const { call } = this.relayed
      const written = call.kept === undefined ? call.written : Promise.all([call.written, call.kept])
      void written?.then(() => {
        finish?.()
        this.over()
      })
    } catch (error) {
      this.onError(error)
    }
  }

  onError(error: unknown): void {
    const { call, response } = this.relayed
    if (!response.headersSent) {
      response.off('close', this.leave)
      this.answer?.discard()
      return void this.reject(call.cancellation.aborted ? call.cancellation.reason : error)
    }
    this.answer?.tell()
    const reason = call.fail(error)
    if (!(reason instanceof ClientGone)) this.answer?.break(reason)
    this.over()
  }

  private over(): void {
    this.relayed.response.off('close', this.leave)
    this.resolve()
  }

  private readonly leave = (): void => {
    if (!this.relayed.response.writableFinished) this.relayed.call.cancellation.abort(new ClientGone())
  }
}

/** What an answer needs to go on its way. */
interface Way {
  relayed: Relayed
  /** The provider's. */
  status: number
  /** The provider's content type. */
  type: string
  sentAt: number
  resume: () => void
}

abstract class Answer {
  protected readonly relayed: Relayed
  private stalled: NodeJS.Timeout | undefined

  constructor(protected readonly way: Way) {
    this.relayed = way.relayed
  }

  /** Bytes of the provider. @returns false to pause it @throws AppError */
  abstract take(chunk: Buffer): boolean
  /** The provider ended it: settles the call. @returns what sends the rest @throws AppError for one that is not whole */
  abstract end(): () => void
  /** Tells the tally what has come so far. */
  tell(): void {}
  /** Nothing of it will go out. */
  discard(): void {}
  /** It broke after its first byte: only a connection that breaks says so. */
  break(_reason: unknown): void {
    this.relayed.response.destroy()
  }

  /** The head of ours; `spent` milliseconds were the provider's. */
  protected head(more: readonly string[], spent: number): void {
    const { response, headers, call, arrivedAt } = this.relayed
    const { candidate, attempts, triedMs } = call
    call.ticket?.accepted()
    const overhead = Math.max(0, performance.now() - arrivedAt - triedMs - spent)
    response.writeHead(this.way.status, [
      ...headers,
      ...routeHeaders({ provider: candidate.provider, model: candidate.model, attempts }),
      'x-gatehouse-overhead-ms',
      overhead.toFixed(2),
      ...more,
    ])
  }

  protected write(chunk: Buffer): boolean {
    const { response, call } = this.relayed
    if (response.write(chunk)) return true
    if (this.stalled === undefined) {
      this.stalled = setTimeout(() => response.destroy(), stalledMs)
      const caughtUp = () => {
        clearTimeout(this.stalled)
        this.stalled = undefined
        response.off('drain', caughtUp)
        response.off('close', caughtUp)
        if (!call.cancellation.aborted) this.way.resume()
      }
      response.on('drain', caughtUp)
      response.on('close', caughtUp)
    }
    return false
  }
}

const nothing = Buffer.alloc(0)

/** One JSON document. */
class JsonAnswer extends Answer {
  private held: Buffer[] = []
  private size = 0
  private passing = false
  private tail = nothing

  take(chunk: Buffer): boolean {
    const { call } = this.relayed
    call.tally.begun()
    this.size += chunk.length
    if (this.passing) {
      this.tail = Buffer.concat([this.tail, chunk]).subarray(-tailBytes)
      return this.write(chunk)
    }
    this.held.push(chunk)
    if (this.size <= wholeBytes) return true
    const start = Buffer.concat(this.held)
    if (this.relayed.endpoint.answersJson && firstByte(start) !== 0x7b) throw notItsShape()
    this.held = []
    if (this.relayed.endpoint.keeps) call.keep(madeAtStart(start))
    this.passing = true
    this.tail = start.subarray(-tailBytes)
    this.head(['content-type', jsonType], performance.now() - this.way.sentAt)
    return this.write(start)
  }

  end(): () => void {
    const { call, response, endpoint } = this.relayed
    const endedAt = performance.now()
    if (this.passing) {
      if (endpoint.answersJson && this.tail[lastByte(this.tail)] !== 0x7d)
        throw new AppError('upstream_disconnect')
      call.tally.tail(this.tail.toString('utf8'), writesText(endpoint) ? this.size : 0)
      call.settle()
      return () => response.end()
    }
    const bytes = this.held.length === 1 && this.held[0] ? this.held[0] : Buffer.concat(this.held)
    this.read(bytes)
    if (endpoint.keeps && this.way.status < 300) call.keep(madeIn(bytes))
    const cost = costHeader(call.settle())
    const own = ['content-type', jsonType, 'content-length', String(bytes.length)]
    return () => {
      this.head(cost.length === 0 ? own : [...own, ...cost], endedAt - this.way.sentAt)
      // As a text its bytes go out in one write with the head; as a buffer Node would gather two.
      response.end(bytes.toString('latin1'), 'latin1')
    }
  }

  /** @throws AppError `bad_upstream_response` for what is no answer */
  private read(bytes: Buffer): void {
    const { call, keepContent, endpoint } = this.relayed
    if (!endpoint.answersJson) return void this.glance(bytes)
    const figures = readAnswer(bytes)
    if (figures === null || (endpoint.hasChoices && !figures.hasChoices)) throw notItsShape()
    call.tally.figures(figures)
    // What is not told has to be counted.
    if (keepContent || !(call.tally.isTold || endpoint.free)) call.tally.said(answerIn(parse(bytes)))
  }

  /** Some endpoints answer with lists, and with texts. */
  private glance(bytes: Buffer): void {
    const { tally } = this.relayed.call
    const figures = readAnswer(bytes)
    if (figures) tally.figures(figures)
    else tally.begun()
  }
}

/** Anything else, as speech. */
class PlainAnswer extends Answer {
  private begun = false

  take(chunk: Buffer): boolean {
    this.begin()
    return this.write(chunk)
  }

  end(): () => void {
    this.begin()
    this.relayed.call.settle()
    return () => this.relayed.response.end()
  }

  private begin(): void {
    if (this.begun) return
    this.begun = true
    this.relayed.call.tally.begun()
    const { type, sentAt } = this.way
    // A page that the provider writes must not become one of ours.
    const own = ['content-type', isInert(type) ? type : 'application/octet-stream']
    this.head([...own, 'content-security-policy', contentPolicy], performance.now() - sentAt)
  }
}

/** An event stream. Its head waits for its first byte, so that until then another provider may be asked. */
class StreamedAnswer extends Answer {
  private readonly tail: Tail
  private readonly keepAlive: NodeJS.Timeout
  private readonly said: SaidInStream | undefined
  private readonly made: MadeInStream | undefined
  private begun = false

  constructor(way: Way) {
    super(way)
    const { response, endpoint, wantsUsage, keepContent } = this.relayed
    if (endpoint.keeps) this.made = new MadeInStream()
    if (keepContent) this.said = new SaidInStream()
    this.tail = tailOf(endpoint, wantsUsage)
    this.keepAlive = setInterval(this.comment, keepAliveMs)
    response.once('close', this.stop)
  }

  take(chunk: Buffer): boolean {
    const { tail, keepAlive, relayed } = this
    relayed.call.tally.begun()
    keepAlive.refresh()
    const on = tail.push(chunk)
    let more = true
    if (on.length > 0) {
      this.begin()
      if (this.made) relayed.call.keep(this.made.push(on))
      this.said?.push(on)
      more = this.write(on)
    }
    if (tail.error) throw new AppError('provider_error', { cause: new Error('an error event in the stream') })
    return more
  }

  end(): () => void {
    const { tail, relayed } = this
    this.stop()
    const rest = tail.finish()
    if (tail.error) throw new AppError('provider_error', { cause: new Error('an error event in the stream') })
    if (!tail.isWhole) throw new AppError('upstream_disconnect')
    this.begin()
    this.tell()
    relayed.call.settle()
    return () => relayed.response.end(rest)
  }

  override discard(): void {
    this.stop()
    this.relayed.response.off('close', this.stop)
  }

  override tell(): void {
    const { tally } = this.relayed.call
    tally.streamed(this.tail.end())
    if (this.said) tally.said(this.said.text)
  }

  override break(reason: unknown): void {
    const { response, endpoint } = this.relayed
    this.stop()
    response.end(endpoint.errorEvent(publicError(reason).body))
    const cut = setTimeout(() => response.destroy(), lastEventMs)
    response.once('close', () => clearTimeout(cut))
  }

  private begin(): void {
    if (this.begun) return
    this.begun = true
    const type = [
      'content-type',
      'text/event-stream; charset=utf-8',
      'cache-control',
      'no-cache, no-transform',
    ]
    this.head([...type, 'x-accel-buffering', 'no'], performance.now() - this.way.sentAt)
  }

  private readonly comment = (): void => {
    this.begin()
    this.relayed.response.write(': keep-alive\n\n')
  }

  private readonly stop = (): void => clearInterval(this.keepAlive)
}

/** Content types that no browser runs anything of; a `+xml` is read as XML whatever stands before it. */
const inertTypes =
  /^(?:application\/(?:json|x-ndjson|jsonl|x-subrip|octet-stream)|text\/(?:plain|vtt|csv)|audio\/[\w.-]+|video\/(?:mp4|webm)|image\/(?:png|jpeg|webp|gif))$/i
const contentPolicy = "sandbox; default-src 'none'"

const isInert = (type: string) => inertTypes.test(type.split(';', 1)[0]?.trim() ?? '')

/** A picture and a vector have no tokens by their size. */
const writesText = ({ operation }: Endpoint) => operation === 'chat' || operation === 'text_completion'

const jsonType = 'application/json; charset=utf-8'

function parse(bytes: Buffer): object {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    if (typeof value === 'object' && value !== null) return value
  } catch (cause) {
    throw notItsShape(cause)
  }
  throw notItsShape()
}

const notItsShape = (cause?: unknown) => new AppError('bad_upstream_response', { cause })

function firstByte(bytes: Buffer): number | undefined {
  return bytes.find((byte) => byte > 0x20)
}

function lastByte(bytes: Buffer): number {
  return bytes.findLastIndex((byte) => byte > 0x20)
}
