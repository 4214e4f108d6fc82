import { text } from 'node:stream/consumers'
import { readEvents } from '../event-stream.js'
import { firstBytes } from './capped-errors.js'

/** An answer with an error status. The SDK's own error has lost the headers, and fails on a body that is not JSON. */
export class GoogleRefusal extends Error {
  readonly status: number
  readonly headers: Headers
  readonly body: string

  constructor(status: number, headers: Headers, body: string) {
    super(`The Gemini API answered ${status}.`)
    this.name = 'GoogleRefusal'
    this.status = status
    this.headers = headers
    this.body = body
  }
}

/**
 * The fetch given, whose refusals are thrown and whose event streams come in one plain form. The SDK's own reader knows
 * neither an event that begins with a comment or a name, nor a limit, and takes an answer of another type for an empty
 * stream.
 */
export function googleFetch(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, init)
    const { body, status, headers } = response
    if (!response.ok) throw new GoogleRefusal(status, headers, body ? await text(firstBytes(body)) : '')
    if (!body || !asksForEvents(input)) return response
    if (!/^text\/event-stream\b/i.test(headers.get('content-type') ?? '')) {
      await body.cancel()
      throw new Error('The answer is not an event stream.')
    }
    return new Response(ReadableStream.from(rewrite(body)), { status, headers })
  }
}

async function* rewrite(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  // A line break between two tokens of JSON is a space; inside a string it cannot stand.
  for await (const data of readEvents(body)) yield encoder.encode(`data: ${data.replaceAll('\n', ' ')}\n\n`)
}

function asksForEvents(input: Parameters<typeof globalThis.fetch>[0]): boolean {
  const url = new URL(input instanceof Request ? input.url : input)
  return url.searchParams.get('alt') === 'sse'
}
