import { type ProviderStatus, readRetryAfter } from '../failure.js'
import { GoogleRefusal } from './google-fetch.js'

/** https://ai.google.dev/gemini-api/docs/troubleshooting */
export function readGoogleError(error: unknown): ProviderStatus | undefined {
  if (error instanceof GoogleRefusal) {
    const { message, details } = readErrorBody(error.body)
    // A key that is wrong is a bad argument here: 400 with this reason.
    const keyRefused =
      error.status === 400 && /API_KEY_INVALID|API key (not valid|expired)/.test(details + message)
    const wait = /"retryDelay":"(\d+(?:\.\d+)?)s"/.exec(details)?.[1]
    const fromHeader = readRetryAfter((name) => error.headers.get(name))
    return {
      status: keyRefused ? 401 : error.status,
      message,
      retryAfterSeconds: wait === undefined ? fromHeader : Number(wait),
    }
  }
  // Inside a stream: the SDK's own error, a sentence before the JSON.
  if (!(error instanceof Error) || error.name !== 'ApiError' || !('status' in error)) return undefined
  return { status: Number(error.status), message: readErrorBody(error.message.replace(/^[^{]*/, '')).message }
}

function readErrorBody(text: string): { message: string | undefined; details: string } {
  const error = fieldOf(parse(text), 'error')
  const message = fieldOf(error, 'message')
  return {
    message: typeof message === 'string' ? message : undefined,
    details: JSON.stringify(fieldOf(error, 'details') ?? ''),
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
