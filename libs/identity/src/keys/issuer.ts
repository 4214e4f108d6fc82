import type { ServerMetadata } from 'openid-client'
import { z } from 'zod'
import type { Clock, Fetch } from '../fetch.js'
import { issuerUnavailable } from '../unavailable.js'
import { createCached } from './cached.js'
import { fetchJson } from './fetch-json.js'
import { readKeys } from './jwk.js'
import { createKeySet, type KeySet } from './key-set.js'

const documentFreshMs = 60 * 60_000

/** An OpenID issuer: what it publishes about itself, fetched when first needed. */
export interface Issuer extends KeySet {
  /** Its discovery document. Throws `issuer_unavailable`. */
  document(): Promise<IssuerDocument>
}

/** The parts of a discovery document that are used (RFC 8414 section 2). */
export type IssuerDocument = ServerMetadata & { jwks_uri: string }

/** What is asked of an issuer: its discovery document, or its keys. */
export type IssuerPart = 'document' | 'keys'

/** Where an issuer is found. */
export interface IssuerSettings {
  /** What `/.well-known/openid-configuration` is appended to. */
  discovery: string
  /** What the document may name as its issuer, to the letter. */
  documentIssuers: readonly string[]
  /** Where its keys are, if not where the discovery document says; then no document is asked for. */
  keysAddress?: string | undefined
  /** A bearer token for the addresses above and for no others, where an issuer shows its keys to nobody else. */
  bearer?: (() => Promise<string>) | undefined
  fetch: Fetch
  now?: Clock
  /** Told after every attempt: null, or why it failed. */
  onAttempt?: (part: IssuerPart, problem: unknown) => void
}

function documentSchema({ discovery, documentIssuers }: IssuerSettings) {
  // The operator may have chosen http; a document that came by https may not lead back to it.
  const protocols = discovery.startsWith('https:') ? ['https:'] : ['https:', 'http:']
  const endpoint = z.string().refine((url) => URL.canParse(url) && protocols.includes(new URL(url).protocol))
  return z.object({
    // A document for another issuer would let that one sign in our people (OpenID Connect Discovery 1.0, section 4.3).
    issuer: z
      .string()
      .refine((issuer) => documentIssuers.includes(issuer), 'the document is of another issuer'),
    jwks_uri: endpoint,
    authorization_endpoint: endpoint.optional(),
    token_endpoint: endpoint.optional(),
    token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
    // RFC 7662, RFC 8414 section 2.
    introspection_endpoint: endpoint.optional(),
    introspection_endpoint_auth_methods_supported: z.array(z.string()).optional(),
    // RFC 9207: an issuer that says so must name itself in the callback, against mix-up.
    authorization_response_iss_parameter_supported: z.boolean().optional(),
  })
}

/**
 * An issuer by its discovery document (OpenID Connect Discovery 1.0, section 4). Nothing is fetched before the first use, so
 * that the gateway starts while an issuer is down. `find` and `document` throw `issuer_unavailable` (503) when nothing that
 * is less than 24 h old is held.
 */
export function createIssuer(settings: IssuerSettings): Issuer {
  const { fetch, keysAddress, bearer, onAttempt, now = Date.now } = settings
  const schema = documentSchema(settings)
  const location = `${settings.discovery.replace(/\/$/, '')}/.well-known/openid-configuration`

  const headersFor = async (url: string): Promise<Record<string, string>> => {
    const accept = 'application/json'
    // What the document says is not the operator's word: a token goes to where they named, and to that very server.
    const named = url === keysAddress || new URL(url).origin === new URL(location).origin
    if (!bearer || !named) return { accept }
    const token = await bearer().catch((cause: unknown) => {
      throw issuerUnavailable(new Error('there is no token to ask the issuer with', { cause }))
    })
    return { accept, authorization: `Bearer ${token.trim()}` }
  }

  const read = async <T>(url: string, judge: (body: unknown) => T): Promise<T> => {
    const { status, body } = await fetchJson(fetch, url, { headers: await headersFor(url) })
    try {
      if (status !== 200) throw new Error(`the issuer answered ${status}`)
      return judge(body)
    } catch (cause) {
      throw issuerUnavailable(new Error(`${url} is of no use`, { cause }))
    }
  }

  const attempt = async <T>(part: IssuerPart, load: () => Promise<T>): Promise<T> => {
    try {
      const value = await load()
      onAttempt?.(part, null)
      return value
    } catch (problem) {
      onAttempt?.(part, problem)
      throw problem
    }
  }

  const documents = createCached(
    () => attempt('document', () => read(location, (body): IssuerDocument => schema.parse(body))),
    documentFreshMs,
    now,
  )
  const keys = createKeySet(
    () => attempt('keys', async () => read(keysAddress ?? (await documents.get()).jwks_uri, readKeys)),
    now,
  )
  return { document: () => documents.get(), find: (header) => keys.find(header) }
}
