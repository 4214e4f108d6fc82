import { text } from 'node:stream/consumers'
import type { ManagedIdentityCredentialClientIdOptions } from '@azure/identity'
import type { Transport } from '@gatehouse/outbound'

type HttpClient = NonNullable<ManagedIdentityCredentialClientIdOptions['httpClient']>
type HttpHeaders = Awaited<ReturnType<HttpClient['sendRequest']>>['headers']

const maxAnswerBytes = 1024 * 1024

/** Our way out, in the form in which Microsoft's libraries take one. */
export function azureHttpClient(transport: Transport): HttpClient {
  return {
    async sendRequest(request) {
      const { body } = request
      if (body !== undefined && body !== null && typeof body !== 'string') {
        throw new TypeError('Only text is sent to a token endpoint.')
      }
      const { signal, stop } = toSignal(request.abortSignal)
      try {
        const response = await transport.request({
          method: request.method,
          url: request.url,
          headers: request.headers.toJSON(),
          ...(body ? { body } : {}),
          signal,
          maxResponseBytes: maxAnswerBytes,
        })
        const bodyAsText = await text(response.body)
        return { request, status: response.status, headers: toHeaders(response.headers), bodyAsText }
      } finally {
        stop()
      }
    },
  }
}

/** Microsoft's own type of signal has no reason and no static methods. */
function toSignal(given: Parameters<HttpClient['sendRequest']>[0]['abortSignal']) {
  const controller = new AbortController()
  const abort = () => controller.abort()
  if (given?.aborted) abort()
  given?.addEventListener('abort', abort)
  return { signal: controller.signal, stop: () => given?.removeEventListener('abort', abort) }
}

function toHeaders(from: Record<string, string | string[] | undefined>): HttpHeaders {
  const values = new Map(Object.entries(from).map(([name, value]) => [name.toLowerCase(), String(value)]))
  return {
    get: (name) => values.get(name.toLowerCase()),
    has: (name) => values.has(name.toLowerCase()),
    set: (name, value) => void values.set(name.toLowerCase(), String(value)),
    delete: (name) => void values.delete(name.toLowerCase()),
    toJSON: () => Object.fromEntries(values),
    [Symbol.iterator]: () => values.entries(),
  }
}
