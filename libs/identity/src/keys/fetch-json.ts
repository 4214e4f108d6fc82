import type { Fetch } from '../fetch.js'
import { issuerUnavailable } from '../unavailable.js'

const timeoutMs = 5_000
const maximumBytes = 256 * 1024

/** An answer of an issuer below 500; `body` is undefined where it is not JSON. */
export interface JsonAnswer {
  status: number
  body: unknown
}

/**
 * One request to an issuer, within 5 s including the body and within 256 KiB (T34: a slow drip, an endless body). Anything
 * that is an outage, a redirect and 429 among them, throws `issuer_unavailable`.
 */
export async function fetchJson(
  fetch: Fetch,
  url: string | URL,
  init: RequestInit = {},
): Promise<JsonAnswer> {
  const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(init.signal ? [init.signal] : [])])
  try {
    const response = await fetch(url, { ...init, redirect: 'manual', signal })
    const { status } = response
    if (status === 0 || (status >= 300 && status < 400))
      throw new Error('the issuer redirects, which is never followed')
    const text = await readText(response, signal)
    if (status >= 500 || status === 429) throw new Error(`the issuer answered ${status}`)
    return { status, body: parse(text) }
  } catch (cause) {
    throw issuerUnavailable(cause)
  }
}

async function readText(response: Response, signal: AbortSignal): Promise<string> {
  if (!response.body) return ''
  const reader = response.body.getReader()
  const stop = () => void reader.cancel(signal.reason).catch(() => undefined)
  signal.addEventListener('abort', stop, { once: true })
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      // A cancelled reader ends like a finished one.
      signal.throwIfAborted()
      if (done) return Buffer.concat(chunks).toString('utf8')
      size += value.byteLength
      if (size > maximumBytes) throw new Error(`the answer is larger than ${maximumBytes} bytes`)
      chunks.push(value)
    }
  } catch (error) {
    stop()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
