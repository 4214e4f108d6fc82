import { hash } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import type { Variables } from '@gatehouse/contracts'
import type { AcquiredToken, Transport } from '@gatehouse/outbound'
import { scrub } from '../scrub.js'
import { textVariable } from '../variables.js'
import { type BearerToken, createBearerToken, onceFor } from './bearer-token.js'
import { textOf } from './openai-models.js'
import { isJsonObject, type JsonObject } from './openai-quirks.js'

/** The request by which a vendor gives a token of its own for one that the platform has given us. */
export interface TokenExchange {
  /** Where it is asked for: https, or this machine. */
  address: string
  headers?: Readonly<Record<string, string>>
  /** How `fields` are written: JSON unless told. */
  form?: boolean
  fields(identityToken: string): Record<string, string>
  /** Unless its own settings say otherwise, it takes each token of the platform once. */
  takesOnce?: boolean
}

/** How a vendor takes the identity of a platform in place of a key. */
export interface VendorFederation {
  /** Its own variables, beside `<PREFIX>_IDENTITY_TOKEN_FILE`. */
  variables: Variables
  /** Without which there is no exchange; the first has no other use, so that who sets it means the federation. */
  required: readonly [string, ...string[]]
  exchange(values: Record<string, unknown>, baseUrl: string): TokenExchange
}

/** A vendor's federation, with what the operator has set. */
export interface Federation {
  /** Holds the platform's token; read anew for each exchange, since the platform renews it. */
  tokenFile: string
  exchange: TokenExchange
}

const tokenFileOf = (prefix: string) => `${prefix}_IDENTITY_TOKEN_FILE`

/** What a vendor with a federation is configured by. */
export function federationVariables(
  prefix: string,
  name: string,
  { variables }: VendorFederation,
): Variables {
  return {
    [tokenFileOf(prefix)]: textVariable(
      `File with the token that the platform gives this gateway: ${name} takes it in place of a key.`,
      `/var/run/secrets/gatehouse/${prefix.toLowerCase()}`,
    ),
    ...variables,
  }
}

/** What the variables make: a federation, the names of those that are missing, or undefined where none is set. */
export function readFederation(
  prefix: string,
  vendor: VendorFederation,
  values: Record<string, unknown>,
  baseUrl: string,
): Federation | string[] | undefined {
  const file = textOf(values[tokenFileOf(prefix)])
  if (!file && !textOf(values[vendor.required[0]])) return undefined
  const missing = [tokenFileOf(prefix), ...vendor.required].filter((name) => !textOf(values[name]))
  return !file || missing.length > 0
    ? missing
    : { tokenFile: file, exchange: vendor.exchange(values, baseUrl) }
}

/** The tokens of a connection that proves itself by a federation. */
export interface FederatedTokens {
  of(transport: Transport): BearerToken
  /** For scrubbing. */
  secrets(): string[]
}

/** @param name of the provider, for people */
export function createFederatedTokens(name: string, federation: Federation): FederatedTokens {
  const source = onceFor((transport: Transport) => acquireFederated(transport, federation))
  let token: BearerToken | undefined
  return {
    of(transport) {
      token ??= createBearerToken(source(transport), `${name}: no token for the gateway's own identity.`)
      return token
    },
    secrets: () => (token ? [token.last()] : []),
  }
}

/** Of what an issuer takes: Anthropic's limit, https://platform.claude.com/docs/en/manage-claude/wif-reference */
const longestIdentityToken = 16 << 10
const maxAnswerBytes = 64 << 10
/** For so long a token that was refused after it was taken is left alone. */
const leftAloneMs = 300_000
const aToken = /^[\x21-\x7e]+$/

/**
 * Tokens of a vendor for those that the platform writes into a file, by RFC 8693 or RFC 7523 as the vendor wants it.
 *
 * Some vendors take each token once, and the platform leaves it in the file for most of its life: one that was taken
 * before and is refused now is left alone for some minutes, unless the file holds another.
 * @throws Error with a sentence for the administrator, without any token
 */
function acquireFederated(transport: Transport, { tokenFile, exchange }: Federation) {
  const read = oneAtATime(() => readToken(tokenFile))
  /** Hash of the platform's token that was taken last, and what was said when it was refused since. */
  let taken: { hash: string; refused?: { at: number; why: string } } | undefined

  return async (signal: AbortSignal): Promise<AcquiredToken> => {
    const url = new URL(exchange.address)
    if (url.protocol !== 'https:' && !isThisMachine(url.hostname))
      throw new Error(`${url.origin}: a token of this gateway's identity goes out by https alone.`)
    const identityToken = await read()
    // Whoever asked has stopped waiting, and would not hear of a token that is taken once.
    signal.throwIfAborted()
    const digest = hash('sha256', identityToken)
    const again = taken?.hash === digest ? taken : undefined
    if (again?.refused && performance.now() - again.refused.at < leftAloneMs)
      throw new Error(again.refused.why)

    const fields = exchange.fields(identityToken)
    const response = await transport.request({
      method: 'POST',
      url,
      headers: {
        ...exchange.headers,
        accept: 'application/json',
        'user-agent': 'gatehouse',
        'content-type': exchange.form ? 'application/x-www-form-urlencoded' : 'application/json',
      },
      body: exchange.form ? new URLSearchParams(fields).toString() : JSON.stringify(fields),
      signal,
      maxResponseBytes: maxAnswerBytes,
    })
    const answer = parse(await text(response.body))
    const { status } = response
    if (status === 400 || status === 401 || status === 403) {
      const once = exchange.takesOnce
        ? ` It takes each token once, unless that is turned off for the issuer there${again ? ', and has taken this one before' : ': a restart waits for the next one'}.`
        : ''
      const why = `${url.origin} does not take the token in ${tokenFile}: it answered ${status}${reasonIn(answer, identityToken)}.${once}`
      if (again && exchange.takesOnce) again.refused = { at: performance.now(), why }
      throw new Error(why)
    }
    if (status >= 400)
      throw new Error(`${url.origin} gave no token: it answered ${status}${reasonIn(answer, identityToken)}.`)
    const { access_token: value, expires_in: seconds, token_type: type } = answer
    if (typeof value !== 'string' || !aToken.test(value) || !/^bearer$/i.test(String(type ?? 'bearer')))
      throw new Error(`${url.origin} answered ${status} without a bearer token.`)
    taken = { hash: digest }
    return { value, expiresInSeconds: secondsIn(seconds) }
  }
}

/** RFC 6749 section 5.1 has a number; some write it as a text. */
function secondsIn(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : value
  return typeof seconds === 'number' && seconds > 0 ? seconds : undefined
}

async function readToken(file: string): Promise<string> {
  const bytes = await beginningOf(file).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${file}: it cannot be read (${error.code}).`)
  })
  const token = bytes.toString('utf8').trim()
  if (token === '') throw new Error(`${file}: there is no token in it.`)
  if (bytes.length > longestIdentityToken || !aToken.test(token))
    throw new Error(`${file}: what is in it is no token.`)
  return token
}

/** A read that never ends, of a server that is gone, holds one thread of the few that there are, and not one each time. */
function oneAtATime<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let running: Promise<Result> | undefined
  return () => {
    running ??= work().finally(() => {
      running = undefined
    })
    return running
  }
}

/** A pipe, a device or a folder is no file: to read one may never end. */
async function beginningOf(file: string): Promise<Buffer> {
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const buffer = Buffer.alloc(longestIdentityToken + 1)
    if (!(await handle.stat()).isFile()) return buffer.subarray(0, 0)
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

const isThisMachine = (hostname: string) => /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname)

function parse(body: string): JsonObject {
  try {
    const value: unknown = JSON.parse(body)
    if (isJsonObject(value)) return value
  } catch {
    // What is no JSON says nothing.
  }
  return {}
}

/** RFC 6749 section 5.2, and the shapes of the vendors' own errors. An issuer may repeat what it was sent. */
function reasonIn({ error, error_description: description }: JsonObject, secret: string): string {
  const own = isJsonObject(error) ? error : {}
  const said = [
    textOf(error) ?? textOf(own.code) ?? textOf(own.type),
    textOf(description) ?? textOf(own.message),
  ]
  const reason = scrub(said.filter(Boolean).join(': '), [secret])
  return reason && `, ${reason.replace(/\.$/, '')}`
}
