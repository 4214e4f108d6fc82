import type { Transport } from '@gatehouse/outbound'
import type { ClientOptions } from 'openai'
import { cappedErrors } from './capped-errors.js'
import { type Proof, provenFetch } from './proof.js'

/**
 * What every client of the official SDK gets: our way out, which proves us, no retries, no log of its own, and none of
 * the OPENAI_* variables that the SDK would read by itself, which belong to no provider but OpenAI.
 */
export function sdkOptions(transport: Transport, proof: Proof) {
  return {
    fetch: provenFetch(sentHeaders, proof, cappedErrors(transport.fetch)),
    // It will not do without, and reads the environment's where there is none.
    apiKey: 'none',
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

const sentHeaders = ['accept', 'content-type', 'user-agent']
