import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { type RunningServer, startServer } from '../server.js'
import {
  type Behaviour,
  behaviourByModel,
  defaultText,
  defaultUsage,
  type StandInCall,
  type StandInThought,
  type StandInUsage,
} from './behaviour.js'

/** What a stand-in was asked. */
export interface RecordedRequest {
  method: string
  /** With the query, as it was on the wire. */
  path: string
  headers: IncomingHttpHeaders
  text: string
  /** The body as it was on the wire. */
  bytes: Buffer
  /** The body as JSON; undefined when it is none. */
  json: unknown
  /** Resolves when the caller closes the socket before the answer is whole. */
  left: Promise<void>
  /** Resolves when the answer was written to its end. */
  answered: Promise<void>
}

/** An answer before it has a shape. */
export interface Answer {
  model: string
  text: string
  thoughts: StandInThought[]
  calls: StandInCall[]
  finish: 'stop' | 'length' | 'content_filter' | 'tool_calls'
  usage: StandInUsage
}

/** How a vendor speaks. */
export interface Dialect {
  /** What a request asks for; undefined for a path that the vendor does not have. */
  route(request: RecordedRequest):
    | { kind: 'complete' | 'stream'; model: string }
    | {
        kind: 'json'
        /** Bytes go as they are. */
        body: unknown
        headers?: Record<string, string>
        fault?: string | undefined
        model?: string
      }
    | undefined
  /** False: the request has no credential of this vendor's form. */
  hasCredential(request: RecordedRequest): boolean
  /** What the vendor finds wrong with a request, in its words; undefined for one that it takes. */
  findFault?(request: RecordedRequest): string | undefined
  complete(answer: Answer, request: RecordedRequest): unknown
  streamType: string
  /** Pieces in order; the last `endPieces` of them are what says that the answer is whole. */
  stream(answer: Answer, request: RecordedRequest): Buffer[]
  endPieces: number
  error(
    status: number,
    message: string,
    code: string | undefined,
  ): { headers?: Record<string, string>; body: unknown }
  /** An error after the head. */
  errorPiece(status: number, message: string, request: RecordedRequest): Buffer
}

/** A model provider on loopback that speaks its vendor's wire format and can be told to fail. */
export interface StandIn {
  /** Origin, as `http://127.0.0.1:41234`. */
  url: string
  requests: RecordedRequest[]
  /** What the next requests do, in order. One that is not told does what its model's name says, or answers. */
  next(...behaviours: Behaviour[]): void
  /** Sockets that are open, idle ones included. */
  sockets: RunningServer['sockets']
  resetAll: RunningServer['resetAll']
  close: RunningServer['close']
}

/** Starts a stand-in of a vendor. */
export async function startStandIn(dialect: Dialect): Promise<StandIn> {
  const requests: RecordedRequest[] = []
  const queue: Behaviour[] = []

  const server = await startServer((incoming, response) => {
    const answer = async () => {
      const request = await record(incoming, response)
      requests.push(request)
      await serve(dialect, request, response, queue)
    }
    // A caller who leaves in the middle of the request has nobody to tell.
    answer().catch(() => response.destroy())
  })

  return {
    url: server.url,
    requests,
    next: (...behaviours) => void queue.push(...behaviours),
    sockets: server.sockets,
    resetAll: server.resetAll,
    close: server.close,
  }
}

async function record(incoming: IncomingMessage, response: ServerResponse): Promise<RecordedRequest> {
  const left = new Promise<void>((resolve) => {
    response.on('close', () => {
      if (!response.writableFinished) resolve()
    })
  })
  const answered = new Promise<void>((resolve) => response.on('finish', resolve))
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  const text = bytes.toString()
  const { method = 'GET', url: path = '/', headers } = incoming
  return { method, path, headers, text, bytes, json: parse(text), left, answered }
}

async function serve(
  dialect: Dialect,
  request: RecordedRequest,
  response: ServerResponse,
  queue: Behaviour[],
) {
  const route = dialect.route(request)
  const named = behaviourByModel.get(route?.model ?? '')
  const behaviour = queue.shift() ?? named ?? {}
  const refuse = (status: number, message: string, code?: string, headers?: Record<string, string>) => {
    const { headers: own, body } = dialect.error(status, message, code)
    return send(response, status, { ...own, ...headers }, Buffer.from(JSON.stringify(body)), behaviour)
  }

  if (behaviour.headDelayMs) await delay(behaviour.headDelayMs)
  await behaviour.headAfter
  if (behaviour.hang) return
  if (behaviour.answer) {
    const { status, headers = {}, body = '' } = behaviour.answer
    return send(response, status, headers, Buffer.from(body), behaviour)
  }
  if (behaviour.refuse) {
    const { status, message = `refused with ${status}`, code, headers, echoHeaders } = behaviour.refuse
    const sentence = echoHeaders ? `${message} ${JSON.stringify(request.headers)}` : message
    return refuse(status, sentence, code, headers)
  }
  if (!route) return refuse(404, `no such path: ${request.path}`)
  if (!dialect.hasCredential(request)) return refuse(401, 'no credential')
  if (route.kind === 'json') {
    if (route.fault !== undefined) return refuse(400, route.fault)
    const bytes = Buffer.isBuffer(route.body) ? route.body : Buffer.from(JSON.stringify(route.body))
    return send(response, 200, route.headers ?? {}, bytes, behaviour)
  }

  const fault = dialect.findFault?.(request)
  if (fault !== undefined) return refuse(400, fault)

  const { calls = [], thoughts = [], usage = defaultUsage } = behaviour
  const isCall = calls.length > 0
  const { text = isCall ? '' : defaultText, finish = isCall ? 'tool_calls' : 'stop' } = behaviour
  const answer: Answer = { model: route.model, text, thoughts, calls, finish, usage }
  if (route.kind === 'complete') {
    return send(response, 200, {}, Buffer.from(JSON.stringify(dialect.complete(answer, request))), behaviour)
  }
  return sendStream(dialect, request, dialect.stream(answer, request), response, behaviour)
}

async function send(
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: Buffer,
  { sliceBytes, breakBy }: Behaviour,
) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  const half = body.subarray(0, body.length / 2)
  await writeSlices(response, breakBy ? half : body, sliceBytes)
  finish(response, breakBy)
}

async function sendStream(
  dialect: Dialect,
  request: RecordedRequest,
  pieces: Buffer[],
  response: ServerResponse,
  behaviour: Behaviour,
) {
  const { after = Number.POSITIVE_INFINITY, breakBy, pieceDelayMs, sliceBytes } = behaviour
  const last = breakBy ? Math.min(after, pieces.length - dialect.endPieces) : pieces.length
  response.writeHead(200, { 'content-type': dialect.streamType, 'cache-control': 'no-cache' })
  response.flushHeaders()
  for (const piece of pieces.slice(0, last)) {
    if (pieceDelayMs) await delay(pieceDelayMs)
    if (response.destroyed) return
    await writeSlices(response, piece, sliceBytes)
  }
  if (breakBy === 'error')
    await writeSlices(response, dialect.errorPiece(500, 'it broke', request), sliceBytes)
  finish(response, breakBy)
}

function finish(response: ServerResponse, breakBy: Behaviour['breakBy']) {
  if (breakBy === 'stall') return
  // A turn later, so that what was written has left.
  if (breakBy === 'reset') setTimeout(() => response.socket?.resetAndDestroy(), 10)
  else if (breakBy === 'cut') setTimeout(() => response.socket?.destroy(), 10)
  else response.end()
}

/** Each slice is an HTTP chunk of its own, so it reaches the reader alone however TCP packs it. */
async function writeSlices(response: ServerResponse, bytes: Buffer, sliceBytes = bytes.length) {
  for (let start = 0; start < bytes.length; start += sliceBytes) {
    const ready = response.write(bytes.subarray(start, start + sliceBytes))
    if (!ready && !response.destroyed) await drained(response)
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
