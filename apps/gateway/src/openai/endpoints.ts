import type { ErrorBody } from '@gatehouse/contracts'
import { PassedOnTail, StreamTail, type Tail, TypedEventTail } from './stream-tail.js'

/** One of the provider's endpoints that is passed on. */
export interface Endpoint {
  /** Behind `/v1`, at us and at the provider. */
  path: string
  /** https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/ */
  operation: string
  /** Which of a candidate's ways takes it: OpenAI's API, or Anthropic's. */
  by: 'relay' | 'messages'
  /** A plain answer is JSON, whatever its content type says. */
  answersJson: boolean
  /** A plain answer has `choices`, and one without is none. */
  hasChoices: boolean
  /** How its streams end: with `[DONE]`, with an event that says so by its type, or in a way that is not known here. */
  streams: 'done' | 'typed' | 'any'
  /** Only what the provider counts is counted: where it says nothing, nothing was used. */
  free: boolean
  /** Takes a form, since a file comes with it; every other body is JSON, whatever its content type says. */
  takesForm: boolean
  /** The provider keeps its answers, and a later request may refer to them. */
  keeps: boolean
  /** Also served without `/v1`, since some clients leave it out. */
  bare: boolean
  /** An error after the first byte, as the last event. */
  errorEvent(error: ErrorBody): string
}

const dataEvent = (error: ErrorBody) => `data: ${JSON.stringify(error)}\n\n`
/** https://platform.openai.com/docs/api-reference/responses-streaming/error */
const typedEvent = ({ error: { code, message, param } }: ErrorBody) =>
  `event: error\ndata: ${JSON.stringify({ type: 'error', code, message, param, sequence_number: 0 })}\n\n`

const endpoint = (path: string, operation: string, more: Partial<Endpoint> = {}): Endpoint => ({
  path,
  operation,
  by: 'relay',
  answersJson: true,
  hasChoices: false,
  streams: 'typed',
  free: false,
  takesForm: false,
  keeps: false,
  bare: false,
  errorEvent: typedEvent,
  ...more,
})

const completes = { hasChoices: true, streams: 'done', bare: true, errorEvent: dataEvent } as const

/** https://platform.openai.com/docs/api-reference/chat/create */
export const chatCompletions = endpoint('/chat/completions', 'chat', completes)
/** https://platform.openai.com/docs/api-reference/embeddings/create */
export const embeddings = endpoint('/embeddings', 'embeddings', { bare: true })

/** What else of OpenAI's API names a model in its body; each is passed on where the provider speaks it. */
export const otherEndpoints: readonly Endpoint[] = [
  endpoint('/completions', 'text_completion', completes),
  endpoint('/responses', 'chat', { keeps: true }),
  endpoint('/moderations', 'generate_content', { free: true }),
  endpoint('/images/generations', 'generate_content'),
  endpoint('/images/edits', 'generate_content', { takesForm: true }),
  endpoint('/audio/speech', 'generate_content', { answersJson: false }),
  endpoint('/audio/transcriptions', 'generate_content', { answersJson: false, takesForm: true }),
  endpoint('/audio/translations', 'generate_content', { answersJson: false, takesForm: true }),
]

/** What watches a stream of an endpoint. */
export function tailOf({ streams }: Endpoint, wantsUsage: boolean): Tail {
  if (streams === 'any') return new PassedOnTail()
  return streams === 'done' ? new StreamTail(!wantsUsage) : new TypedEventTail()
}
