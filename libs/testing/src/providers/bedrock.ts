import { EventStreamCodec } from '@smithy/eventstream-codec'
import { embed } from './bedrock-embeddings.js'
import { findFault } from './bedrock-rules.js'
import type { StandInThought } from './behaviour.js'
import { wordsOf } from './openai.js'
import { type Answer, type Dialect, type StandIn, startStandIn } from './stand-in.js'

const path = /^\/model\/([^/]+)\/(converse|converse-stream|invoke)$/

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

const stopReasons = {
  stop: 'end_turn',
  length: 'max_tokens',
  content_filter: 'guardrail_intervened',
  tool_calls: 'tool_use',
}

/**
 * Amazon Bedrock's Converse and ConverseStream, the binary event stream included, and InvokeModel for models that embed.
 * It refuses what Bedrock and its models are known to refuse of a request.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
 */
export function startBedrock(): Promise<StandIn> {
  return startStandIn(bedrockDialect)
}

const bedrockDialect: Dialect = {
  route(request) {
    const [, model, operation] = path.exec(new URL(request.path, 'http://stand-in').pathname) ?? []
    if (!model || request.method !== 'POST') return undefined
    const id = decodeURIComponent(model)
    if (operation === 'invoke') return embed(id, request.json)
    return { kind: operation === 'converse' ? 'complete' : 'stream', model: id }
  },
  findFault: ({ path: where, json }) => {
    const [, model = ''] = path.exec(new URL(where, 'http://stand-in').pathname) ?? []
    return findFault(decodeURIComponent(model), json)
  },
  hasCredential: ({ headers }) =>
    /^(AWS4-HMAC-SHA256 Credential=\S+, ?SignedHeaders=\S+, ?Signature=[0-9a-f]{64}|Bearer \S+)$/.test(
      headers.authorization ?? '',
    ),

  complete: (answer) => ({
    output: {
      message: {
        role: 'assistant',
        content: [
          ...answer.thoughts.map(toThought),
          ...(answer.text ? [{ text: answer.text }] : []),
          ...answer.calls.map(({ id, name, arguments: input }) => ({
            toolUse: { toolUseId: id, name, input, type: 'tool_use' },
          })),
        ],
      },
    },
    stopReason: stopReasons[answer.finish],
    usage: usageOf(answer),
    metrics: { latencyMs: 12 },
  }),

  streamType: 'application/vnd.amazon.eventstream',
  endPieces: 2,
  stream(answer) {
    const blocks = [
      ...answer.thoughts.map(thoughtBlock),
      ...(answer.text ? [{ deltas: wordsOf(answer.text).map((text) => ({ text })) }] : []),
      ...answer.calls.map(callBlock),
    ]
    return [
      frame('messageStart', { role: 'assistant' }),
      ...blocks.flatMap(({ start, deltas }: Block, contentBlockIndex) => [
        // Words and thoughts begin without a word.
        ...(start ? [frame('contentBlockStart', { start, contentBlockIndex })] : []),
        ...deltas.map((delta) => frame('contentBlockDelta', { delta, contentBlockIndex })),
        frame('contentBlockStop', { contentBlockIndex }),
      ]),
      frame('messageStop', { stopReason: stopReasons[answer.finish] }),
      frame('metadata', { usage: usageOf(answer), metrics: { latencyMs: 12 } }),
    ]
  },

  error: (status, message, code) => ({
    headers: { 'x-amzn-errortype': code ?? exceptionNames[status] ?? 'InternalServerException' },
    body: { message },
  }),
  errorPiece: (_status, message) =>
    frame('modelStreamErrorException', { message, originalStatusCode: 500 }, 'exception'),
}

interface Block {
  start?: object
  deltas: object[]
}

function toThought({ text, signature, encrypted }: StandInThought) {
  return {
    reasoningContent: encrypted ? { redactedContent: encrypted } : { reasoningText: { text, signature } },
  }
}

function thoughtBlock({ text, signature, encrypted }: StandInThought): Block {
  const pieces = encrypted
    ? [{ redactedContent: encrypted }]
    : [...wordsOf(text).map((word) => ({ text: word })), ...(signature ? [{ signature }] : [])]
  return { deltas: pieces.map((reasoningContent) => ({ reasoningContent })) }
}

function callBlock({ id, name, arguments: given }: Answer['calls'][number]): Block {
  // In pieces that end anywhere; a call without arguments has one empty piece.
  const pieces = Object.keys(given).length > 0 ? (JSON.stringify(given).match(/.{1,5}/gsu) ?? []) : ['']
  return {
    start: { toolUse: { toolUseId: id, name, type: 'tool_use' } },
    deltas: pieces.map((input) => ({ toolUse: { input } })),
  }
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
