import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import type { Variables } from '@gatehouse/contracts'
import type { AcquiredToken, Transport } from '@gatehouse/outbound'
import { scrub } from '../scrub.js'
import { textVariable } from '../variables.js'
import { type BearerToken, createBearerToken, onceFor } from './bearer-token.js'
import { textOf } from './openai-models.js'

/** The request by which a vendor gives a token of its own for one that the platform has given us. */
export interface TokenExchange {
  /** Where it is asked for: https, or this machine. */
  address: string
  headers?: Readonly<Record<string, string>>
  /** How `fields` are written: JSON unless told. */
  form?: boolean
  fields(identityToken: string): Record<string, string>
}

/** How a vendor takes the identity of a platform in place of a key. */
export interface VendorFederation {
  /** Its own variables, beside `<PREFIX>_IDENTITY_TOKEN_FILE`; without the first `required` there is no exchange. */
  variables: Variables
  required: readonly string[]
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
      '/var/run/secrets/tokens/token',
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
  const needed = [tokenFileOf(prefix), ...vendor.required]
  const missing = needed.filter((name) => !textOf(values[name]))
  if (missing.length === needed.length) return undefined
  if (missing.length > 0) return missing
  return { tokenFile: textOf(values[needed[0] ?? '']) ?? '', exchange: vendor.exchange(values, baseUrl) }
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
const aToken = /^[\x21-\x7e]+$/

/**
 * Tokens of a vendor for those that the platform writes into a file, by RFC 8693 or RFC 7523 as the vendor wants it.
 * @throws Error with a sentence for the administrator, without any token
 */
function acquireFederated(transport: Transport, { tokenFile, exchange }: Federation) {
  return async (signal: AbortSignal): Promise<AcquiredToken> => {
    const url = new URL(exchange.address)
    if (url.protocol !== 'https:' && !isThisMachine(url.hostname))
      throw new Error(`${url.origin}: a token of this gateway's identity goes out by https alone.`)
    const identityToken = await readToken(tokenFile)
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
    if (response.status >= 400)
      throw new Error(
        `${url.origin} does not take the token in ${tokenFile}: it answered ${response.status}${reasonIn(answer, identityToken)}.`,
      )
    const { access_token: value, expires_in: seconds, token_type: type } = answer
    if (typeof value !== 'string' || !aToken.test(value) || !/^bearer$/i.test(String(type ?? 'bearer')))
      throw new Error(`${url.origin} answered ${response.status} without a bearer token.`)
    return { value, expiresInSeconds: seconds === undefined ? undefined : Number(seconds) }
  }
}

async function readToken(file: string): Promise<string> {
  const token = (await readFile(file, 'utf8').catch(() => '')).trim()
  if (token === '') throw new Error(`${file}: there is no token in it, or it cannot be read.`)
  if (token.length > longestIdentityToken || !aToken.test(token))
    throw new Error(`${file}: what is in it is no token.`)
  return token
}

const isThisMachine = (hostname: string) => /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname)

function parse(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // What is no JSON says nothing.
  }
  return {}
}

/** RFC 6749 section 5.2, and the shapes of the vendors' own errors. An issuer may repeat what it was sent. */
function reasonIn(
  { error, error_description: description }: Record<string, unknown>,
  secret: string,
): string {
  const own = typeof error === 'object' && error !== null ? (error as Record<string, unknown>) : {}
  const said = [
    textOf(error) ?? textOf(own.code) ?? textOf(own.type),
    textOf(description) ?? textOf(own.message),
  ]
  const reason = scrub(said.filter(Boolean).join(': '), [secret])
  return reason && `, ${reason.replace(/\.$/, '')}`
}
