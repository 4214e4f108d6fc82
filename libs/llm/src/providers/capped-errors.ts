/** Largest body of an error that is read, in bytes; the rest is not waited for. */
export const maxErrorBytes = 64 * 1024

/** The fetch given, whose answers with an error status hold at most their first 64 KiB. */
export function cappedErrors(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, init)
    if (response.ok || !response.body) return response
    const { status, headers } = response
    return new Response(await new Response(ReadableStream.from(firstBytes(response.body))).arrayBuffer(), {
      status,
      headers,
    })
  }
}

/** The first 64 KiB; leaving the body there closes it. */
export async function* firstBytes(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let left = maxErrorBytes
  for await (const chunk of body) {
    yield chunk.subarray(0, left)
    left -= chunk.length
    if (left <= 0) return
  }
}
