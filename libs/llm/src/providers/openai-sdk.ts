import type { Transport } from '@gatehouse/outbound'
import type { ClientOptions } from 'openai'
import { cappedErrors } from './capped-errors.js'

/**
 * What every client of the official SDK gets: our way out, no retries, no log of its own, and none of the OPENAI_*
 * variables that the SDK would read by itself, which belong to no provider but OpenAI.
 */
export function sdkOptions(transport: Transport) {
  return {
    fetch: cappedErrors(onlyOurHeaders(transport.fetch)),
    maxRetries: 0,
    // Our transport has its own clock. The longest that a timer can be, about 24 days.
    timeout: 2 ** 31 - 1,
    logLevel: 'off' as const,
    organization: null,
    project: null,
    adminAPIKey: null,
    webhookSecret: null,
  } satisfies ClientOptions
}

/** What a provider needs to know. The SDK adds what it runs on, and whatever OPENAI_CUSTOM_HEADERS says. */
const sentHeaders = ['accept', 'api-key', 'authorization', 'content-type', 'user-agent']

function onlyOurHeaders(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const given = new Headers(init?.headers)
    const headers = new Headers()
    for (const name of sentHeaders) {
      const value = given.get(name)
      if (value !== null) headers.set(name, value)
    }
    return fetch(input, { ...init, headers })
  }
}
