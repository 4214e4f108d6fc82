import { EventStreamCodec } from '@smithy/eventstream-codec'
import { wordsOf } from './openai.js'
import { type Answer, type Dialect, type StandIn, startStandIn } from './stand-in.js'

const path = /^\/model\/([^/]+)\/(converse|converse-stream)$/

const codec = new EventStreamCodec(
  (input) => (typeof input === 'string' ? input : Buffer.from(input).toString()),
  (input) => Buffer.from(input),
)

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html and the errors of each operation. */
const exceptionNames: Record<number, string> = {
  400: 'ValidationException',
  401: 'UnrecognizedClientException',
  403: 'AccessDeniedException',
  404: 'ResourceNotFoundException',
  408: 'ModelTimeoutException',
  424: 'ModelErrorException',
  429: 'ThrottlingException',
  500: 'InternalServerException',
  503: 'ServiceUnavailableException',
}

const stopReasons = { stop: 'end_turn', length: 'max_tokens', content_filter: 'guardrail_intervened' }

/**
 * Amazon Bedrock's Converse and ConverseStream, the binary event stream included.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
 */
export function startBedrock(): Promise<StandIn> {
  return startStandIn(bedrockDialect)
}

const bedrockDialect: Dialect = {
  route(request) {
    const [, model, operation] = path.exec(new URL(request.path, 'http://stand-in').pathname) ?? []
    if (!model || request.method !== 'POST') return undefined
    return { kind: operation === 'converse' ? 'complete' : 'stream', model: decodeURIComponent(model) }
  },
  hasCredential: ({ headers }) =>
    /^(AWS4-HMAC-SHA256 Credential=\S+, ?SignedHeaders=\S+, ?Signature=[0-9a-f]{64}|Bearer \S+)$/.test(
      headers.authorization ?? '',
    ),

  complete: (answer) => ({
    output: { message: { role: 'assistant', content: [{ text: answer.text }] } },
    stopReason: stopReasons[answer.finish],
    usage: usageOf(answer),
    metrics: { latencyMs: 12 },
  }),

  streamType: 'application/vnd.amazon.eventstream',
  endPieces: 2,
  stream: (answer) => [
    frame('messageStart', { role: 'assistant' }),
    ...wordsOf(answer.text).map((text) =>
      frame('contentBlockDelta', { delta: { text }, contentBlockIndex: 0 }),
    ),
    frame('contentBlockStop', { contentBlockIndex: 0 }),
    frame('messageStop', { stopReason: stopReasons[answer.finish] }),
    frame('metadata', { usage: usageOf(answer), metrics: { latencyMs: 12 } }),
  ],

  error: (status, message, code) => ({
    headers: { 'x-amzn-errortype': code ?? exceptionNames[status] ?? 'InternalServerException' },
    body: { message },
  }),
  errorPiece: (_status, message) =>
    frame('modelStreamErrorException', { message, originalStatusCode: 500 }, 'exception'),
}

/** One frame: prelude, headers, payload, both checksums. */
function frame(name: string, payload: object, type: 'event' | 'exception' = 'event'): Buffer {
  const text = (value: string) => ({ type: 'string' as const, value })
  const message = codec.encode({
    headers: {
      [`:${type}-type`]: text(name),
      ':content-type': text('application/json'),
      ':message-type': text(type),
    },
    body: Buffer.from(JSON.stringify(payload)),
  })
  return Buffer.from(message)
}

function usageOf({ usage }: Answer) {
  // Converse counts what it read from a cache beside the input, not in it.
  const cached = usage.cached ?? 0
  return {
    inputTokens: usage.input - cached,
    outputTokens: usage.output,
    totalTokens: usage.input + usage.output,
    cacheReadInputTokens: cached,
    cacheWriteInputTokens: 0,
  }
}
