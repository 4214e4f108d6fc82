import type { ProviderStatus } from '../failure.js'

/**
 * An error of OpenAI's shape, from its status and the text of its body.
 * https://platform.openai.com/docs/guides/error-codes
 */
export function readOpenAiBody(status: number, text: string): ProviderStatus {
  const error = errorIn(text)
  const message = typeof error?.message === 'string' ? error.message : undefined
  // A 429 of this code is an account without credit, which no waiting mends.
  return { status, message, ...(error?.code === 'insufficient_quota' ? { shouldRetry: false } : {}) }
}

function errorIn(text: string): { message?: unknown; code?: unknown } | undefined {
  try {
    const body: unknown = JSON.parse(text)
    const error = typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined
    return typeof error === 'object' && error !== null ? error : undefined
  } catch {
    return undefined
  }
}
