import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { startServer } from '../server.js'

/** How a stand-in misbehaves; all fields may be changed at any time. */
export interface Conditions {
  /** Every connection is cut without an answer. */
  down: boolean
  /** Waits before each answer. */
  delayMs: number
  /** Answers each request with a 302 to here. */
  redirectTo: string | null
  /** Answers each request with this status and no sense. */
  status: number | null
  /** Sends one byte of the answer at a time, this far apart. */
  dripMs: number
}

/** An answer: JSON, or a text in its place. */
export interface Answer {
  status?: number
  json?: unknown
  /** Sent as it is. */
  text?: string
  location?: string
}

export interface StandInRequest {
  method: string
  url: URL
  headers: IncomingMessage['headers']
  form(): URLSearchParams
  json(): unknown
}

export interface StandInServer {
  /** `http://127.0.0.1:<port>` */
  origin: string
  conditions: Conditions
  /** How often each path was asked for, by its path. */
  hits: Map<string, number>
  close(): Promise<void>
}

/** A server on a free port of loopback that answers by `handle`; null is 404. */
export async function startStandIn(
  handle: (request: StandInRequest) => Promise<Answer | null> | Answer | null,
): Promise<StandInServer> {
  const conditions: Conditions = { down: false, delayMs: 0, redirectTo: null, status: null, dripMs: 0 }
  const hits = new Map<string, number>()

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`)
    hits.set(url.pathname, (hits.get(url.pathname) ?? 0) + 1)
    const body = await readBody(request)
    if (conditions.delayMs > 0) await delay(conditions.delayMs)
    if (conditions.down) {
      request.socket.destroy()
      return
    }
    const answer = forced(conditions) ??
      (await handle({
        method: request.method ?? 'GET',
        url,
        headers: request.headers,
        form: () => new URLSearchParams(body),
        json: () => JSON.parse(body),
      })) ?? { status: 404, json: { error: 'not_found' } }
    await send(response, answer, conditions.dripMs)
  }

  const server = await startServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  return { origin: server.url, conditions, hits, close: server.close }
}

function forced({ redirectTo, status }: Conditions): Answer | null {
  if (redirectTo !== null) return { status: 302, location: redirectTo }
  if (status !== null) return { status, text: 'out of order' }
  return null
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

async function send(
  response: ServerResponse,
  { status, json, text, location }: Answer,
  dripMs: number,
): Promise<void> {
  const body = text ?? (json === undefined ? '' : JSON.stringify(json))
  response.writeHead(status ?? (location ? 302 : 200), {
    'content-type': 'application/json',
    ...(location ? { location } : {}),
  })
  if (dripMs === 0) {
    response.end(body)
    return
  }
  for (const character of body) {
    if (response.destroyed) return
    response.write(character)
    await delay(dripMs)
  }
  response.end()
}
