import { z } from 'zod'

/** Tokens by class, as the provider told them, or as we counted them (`estimated`). */
export interface Usage {
  inputTokens: number
  outputTokens: number
  cachedTokens: number
  reasoningTokens: number
  estimated: boolean
}

/** What is known before the provider is asked. */
export const OpenCall = z.object({
  id: z.uuid(),
  createdAt: z.string(),
  principalId: z.uuid(),
  principalKind: z.enum(['user', 'service']),
  keyId: z.uuid().nullable(),
  sessionId: z.uuid().nullable(),
  requestId: z.string(),
  endpoint: z.string(),
  provider: z.string(),
  connection: z.string(),
  askedModel: z.string(),
  model: z.string(),
  streamed: z.boolean(),
})
export type OpenCall = z.infer<typeof OpenCall>

/** One ask of a provider; fields as `CallTry` of the contracts has them. */
export const Try = z.object({
  provider: z.string(),
  connection: z.string(),
  model: z.string(),
  status: z.int().nullable(),
  error_code: z.string().nullable(),
  started_ms: z.int(),
  duration_ms: z.int(),
})
export type Try = z.infer<typeof Try>

/** How it ended. */
export const CallEnd = z.object({
  /** `unknown`: the gateway died before it ended; written by whoever finds the spool. */
  status: z.enum(['success', 'error', 'aborted', 'unknown']),
  finishReason: z.string().nullable(),
  inputTokens: z.int(),
  outputTokens: z.int(),
  cachedTokens: z.int(),
  reasoningTokens: z.int(),
  estimated: z.boolean(),
  /** US dollars as a decimal string. */
  cost: z.string().nullable(),
  priceSource: z.string().nullable(),
  latencyMs: z.int().nullable(),
  firstByteMs: z.int().nullable(),
  attempts: z.int(),
  errorCode: z.string().nullable(),
  errorMessage: z.string().nullable(),
  /** Absent in spools of versions that did not write them down. */
  tries: z.array(Try).nullish(),
  /** Present where content is kept. */
  content: z
    .object({ prompt: z.unknown(), response: z.string().nullable(), parameters: z.unknown() })
    .nullable(),
})
export type CallEnd = z.infer<typeof CallEnd>

/** One line of the spool. The end of a call holds its beginning too, so that each line is whole by itself. */
export const SpoolRecord = z.object({ call: OpenCall, end: CallEnd.nullable() })
export type SpoolRecord = z.infer<typeof SpoolRecord>

/** The end of a call whose gateway died. */
export const unknownEnd: CallEnd = {
  status: 'unknown',
  finishReason: null,
  inputTokens: 0,
  outputTokens: 0,
  cachedTokens: 0,
  reasoningTokens: 0,
  estimated: true,
  cost: null,
  priceSource: null,
  latencyMs: null,
  firstByteMs: null,
  attempts: 1,
  errorCode: 'interrupted',
  errorMessage: 'The gateway stopped before the call ended.',
  content: null,
}
