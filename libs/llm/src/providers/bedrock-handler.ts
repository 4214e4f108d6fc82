import { Readable } from 'node:stream'
import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime'
import type { Transport } from '@gatehouse/outbound'
import { EventTooLargeError, maxEventBytes } from '../event-stream.js'
import { firstBytes } from './capped-errors.js'

type RequestHandler = BedrockRuntimeClient['config']['requestHandler']
type AwsRequest = Parameters<RequestHandler['handle']>[0]
type AwsResponse = Awaited<ReturnType<RequestHandler['handle']>>

/** Our way out, in the form in which the AWS SDK takes one. */
export function bedrockRequestHandler(transport: Transport): RequestHandler {
  return {
    // HTTP/1.1: the SDK takes this for its own clients of STS and SSO too.
    metadata: { handlerProtocol: 'http/1.1' },
    async handle(request, options): Promise<AwsResponse> {
      const { status, headers, body } = await transport.request({
        method: request.method,
        url: toUrl(request),
        headers: toSent(request.headers),
        ...(request.body ? { body: request.body } : {}),
        signal: toSignal(options),
      })
      const framed = String(headers['content-type']).startsWith('application/vnd.amazon.eventstream')
      if (status < 400 && !framed && request.path.endsWith('/converse-stream')) {
        body.destroy()
        // The SDK would take it for a stream without events.
        throw new Error('The answer is not an event stream.')
      }
      const response = {
        statusCode: status,
        headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
        body:
          status >= 400 ? Readable.from(firstBytes(body)) : framed ? Readable.from(checkFrames(body)) : body,
      }
      return { response }
    },
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
    destroy() {},
  }
}

function toUrl({ protocol, hostname, port, path, query = {} }: AwsRequest): string {
  const url = new URL(`${protocol}//${hostname}${port ? `:${port}` : ''}`)
  for (const [name, value] of Object.entries(query)) {
    for (const single of Array.isArray(value) ? value : [value]) url.searchParams.append(name, single ?? '')
  }
  // Set as it was signed: a URL would rewrite `%2F` and dots.
  return `${url.origin}${path}${url.search}`
}

/** The transport writes these two itself, to the same effect. */
function toSent(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !/^(host|content-length)$/i.test(name)),
  )
}

function toSignal(options: unknown): AbortSignal {
  const given =
    typeof options === 'object' && options !== null ? Reflect.get(options, 'abortSignal') : undefined
  return given instanceof AbortSignal ? given : new AbortController().signal
}

/**
 * Passes frames on, and stops at one that says it is larger than allowed: the SDK sets aside what a frame's first four
 * bytes say, up to 4 GiB, before it has read it. https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html
 */
async function* checkFrames(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let lengthBytes: number[] = []
  let left = 0
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length; ) {
      if (left > 0) {
        const skipped = Math.min(left, chunk.length - at)
        left -= skipped
        at += skipped
        continue
      }
      lengthBytes.push(chunk[at++] ?? 0)
      if (lengthBytes.length < 4) continue
      const total = Buffer.from(lengthBytes).readUInt32BE()
      if (total > maxEventBytes) throw new EventTooLargeError()
      left = Math.max(total - 4, 0)
      lengthBytes = []
    }
    yield chunk
  }
}
