import type { ResponseHeaders } from '@gatehouse/outbound'
import { type ProviderStatus, readRetryAfter } from '../failure.js'
import { maxErrorBytes } from './capped-errors.js'
import { readOpenAiBody } from './openai-error.js'
import { adaptError, type Quirks } from './openai-quirks.js'

/** An answer that is no success, as much of it as is read. */
export class Refusal extends Error {
  private readonly chunks: Buffer[] = []
  private size = 0

  constructor(
    readonly status: number,
    readonly headers: ResponseHeaders,
  ) {
    super(`The provider answered ${status}.`)
  }

  /** False when enough was read. */
  take(chunk: Buffer): boolean {
    this.chunks.push(chunk)
    this.size += chunk.length
    return this.size < maxErrorBytes
  }

  text(): string {
    return Buffer.concat(this.chunks).toString('utf8')
  }
}

/** What reads the body of an error, in the shape of its API. */
export type ReadBody = (status: number, text: string) => ProviderStatus

/** What a refusal says; undefined for an error that is none. */
export function readRelayed(
  error: unknown,
  quirks: Quirks = {},
  readBody: ReadBody = readOpenAiBody,
): ProviderStatus | undefined {
  if (!(error instanceof Refusal)) return undefined
  const header = (name: string): string | undefined => {
    const value = error.headers[name]
    return Array.isArray(value) ? value[0] : value
  }
  return {
    ...readBody(error.status, adaptError(error.text(), quirks)),
    retryAfterSeconds: readRetryAfter(header),
    // OpenAI's name of it, and Anthropic's.
    requestId: header('x-request-id') ?? header('request-id'),
  }
}
