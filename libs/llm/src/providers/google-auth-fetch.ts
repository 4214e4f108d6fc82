import type { Transport } from '@gatehouse/outbound'

/** A token endpoint answers with a few KiB. */
const maxAnswerBytes = 1024 * 1024

/** Our way out as a fetch for Google's library, which passes no signal of its own. */
export function authFetch(transport: Transport, signal: AbortSignal): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await transport.fetch(input, { ...init, signal })
    if (!response.body) return response
    const { status, headers } = response
    return new Response(ReadableStream.from(limited(response.body)), { status, headers })
  }
}

async function* limited(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let left = maxAnswerBytes
  for await (const chunk of body) {
    left -= chunk.length
    if (left < 0) throw new Error('The token endpoint answered with more than is accepted.')
    yield chunk
  }
}
