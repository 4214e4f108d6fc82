import type { ServerResponse } from 'node:http'
import { AppError } from '@gatehouse/contracts'
import type { ChatCompletion, RelayClient } from '@gatehouse/llm'
import { ClientGone } from '../http/client-gone.js'
import { publicError } from '../http/public-error.js'
import type { Running, Settled } from './pipeline.js'
import { StreamTail } from './stream-tail.js'

/** What is passed on, and to whom. */
export interface Relayed {
  call: Running
  relay: RelayClient
  /** Path behind `/v1`. */
  path: string
  body: Uint8Array
  /** Whether the caller asked for the usage of a stream; otherwise its event is taken out again. */
  wantsUsage: boolean
  response: ServerResponse
  /** Headers of ours, in pairs. */
  headers: string[]
}

/** An answer that fits into this is read whole before it goes on, so that its cost can stand in a header. */
const wholeBytes = 64 << 10
/** Of a longer answer so much of its end is kept, where the usage stands. */
const tailBytes = 8 << 10
const keepAliveMs = 15_000

/**
 * Passes a request on as bytes and its answer back as bytes, with back-pressure both ways, and settles the call.
 * Resolves when the answer has gone out; rejects only while nothing has been sent.
 */
export function relay(relayed: Relayed): Promise<void> {
  return new Promise((resolve, reject) => {
    const { call, response, body, path } = relayed
    let answer: Answer | undefined
    const leave = () => {
      if (!response.writableFinished) call.abort(new ClientGone())
    }
    response.once('close', leave)
    const over = (error?: unknown) => {
      response.off('close', leave)
      if (error === undefined) resolve()
      else reject(error)
    }
    const exchange = relayed.relay.send(
      { path, model: call.candidate.model, body, signal: call.signal },
      {
        onHead(_status, headers) {
          const isStream = /^text\/event-stream\b/i.test(String(headers['content-type']))
          answer = isStream ? streamed(relayed, resume) : whole(relayed, resume)
        },
        onData(chunk) {
          try {
            return answer?.take(chunk) ?? true
          } catch (error) {
            call.abort(error)
            return true
          }
        },
        onEnd() {
          try {
            answer?.end()
            over()
          } catch (error) {
            failed(error)
          }
        },
        onError: (error) => failed(error),
      },
    )
    const resume = () => exchange.resume()
    const failed = (error: unknown) => {
      answer?.tell()
      const reason = call.fail(error)
      if (!response.headersSent) return over(reason)
      if (!(reason instanceof ClientGone)) answer?.break(reason)
      over()
    }
  })
}

/** An answer on its way. */
interface Answer {
  take(chunk: Buffer): boolean
  /** The provider ended it. @throws AppError for one that is not whole */
  end(): void
  /** Tells the tally what has come so far. */
  tell(): void
  /** It broke after its first byte. */
  break(reason: unknown): void
}

/** One JSON document. */
function whole({ call, response, headers }: Relayed, resume: () => void): Answer {
  let held: Buffer[] = []
  let size = 0
  let passing = false
  let tail = Buffer.alloc(0)
  const write = writer(response, resume)
  return {
    take(chunk) {
      call.tally.begun()
      size += chunk.length
      if (passing) {
        tail = Buffer.concat([tail, chunk]).subarray(-tailBytes)
        return write(chunk)
      }
      held.push(chunk)
      if (size <= wholeBytes) return true
      const start = Buffer.concat(held)
      if (firstByte(start) !== 0x7b) throw notItsShape()
      held = []
      passing = true
      tail = start.subarray(-tailBytes)
      response.writeHead(200, [...headers, 'content-type', 'application/json; charset=utf-8'])
      return write(start)
    },
    end() {
      if (passing) {
        if (tail[lastByte(tail)] !== 0x7d) throw new AppError('upstream_disconnect')
        call.tally.tail(tail.toString('utf8'))
        call.settle()
        response.end()
        return
      }
      const bytes = held.length === 1 && held[0] ? held[0] : Buffer.concat(held)
      call.tally.complete(completion(bytes))
      const settled = call.settle()
      response.writeHead(200, [
        ...headers,
        ...cost(settled),
        'content-type',
        'application/json; charset=utf-8',
        'content-length',
        String(bytes.length),
      ])
      response.end(bytes)
    },
    tell: () => {},
    // Half a JSON text: only a connection that breaks says so.
    break: () => void response.destroy(),
  }
}

/** An event stream. */
function streamed({ call, response, headers, wantsUsage }: Relayed, resume: () => void): Answer {
  const tail = new StreamTail(!wantsUsage)
  const write = writer(response, resume)
  response.writeHead(200, [
    ...headers,
    'content-type',
    'text/event-stream; charset=utf-8',
    'cache-control',
    'no-cache, no-transform',
    'x-accel-buffering',
    'no',
  ])
  response.flushHeaders()
  const keepAlive = setInterval(() => void response.write(': keep-alive\n\n'), keepAliveMs)
  const tell = () => call.tally.streamed(tail.end())
  response.once('close', () => clearInterval(keepAlive))
  return {
    take(chunk) {
      call.tally.begun()
      keepAlive.refresh()
      const on = tail.push(chunk)
      const more = on.length === 0 || write(on)
      if (tail.error) throw new AppError('provider_error', { cause: tail.error })
      return more
    },
    end() {
      clearInterval(keepAlive)
      const rest = tail.finish()
      if (!tail.end().whole) throw new AppError('upstream_disconnect')
      tell()
      call.settle()
      response.end(rest)
    },
    tell,
    break(reason) {
      clearInterval(keepAlive)
      response.end(`data: ${JSON.stringify(publicError(reason).body)}\n\n`)
    },
  }
}

/** Writes, and says whether more may come; resumes the provider when the reader has caught up. */
function writer(response: ServerResponse, resume: () => void): (chunk: Buffer) => boolean {
  response.on('drain', resume)
  return (chunk) => response.write(chunk)
}

/** @throws AppError `bad_upstream_response` for what is no chat completion */
function completion(bytes: Buffer): ChatCompletion {
  try {
    const value = JSON.parse(bytes.toString('utf8')) as ChatCompletion
    if (typeof value === 'object' && value !== null && Array.isArray(value.choices)) return value
  } catch (cause) {
    throw notItsShape(cause)
  }
  throw notItsShape()
}

const notItsShape = (cause?: unknown) => new AppError('bad_upstream_response', { cause })

function cost({ costUsd }: Settled): string[] {
  return costUsd === null ? [] : ['x-gatehouse-cost-usd', String(costUsd)]
}

function firstByte(bytes: Buffer): number | undefined {
  return bytes.find((byte) => byte > 0x20)
}

function lastByte(bytes: Buffer): number {
  return bytes.findLastIndex((byte) => byte > 0x20)
}
