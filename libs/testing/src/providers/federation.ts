import { anthropicDialect } from './anthropic.js'
import { openAiDialect } from './openai.js'
import { type Dialect, type RecordedRequest, type StandIn, startStandIn } from './stand-in.js'

/** A vendor that takes the token of a platform in exchange for one of its own. */
interface Vendor {
  dialect: Dialect
  /** Of its exchange. */
  path: string
  contentType: string
  /** Fields of the exchange with what each must be; `token` stands for that of the platform. */
  fields: Record<string, RegExp | 'token'>
  /** What comes with a token beside it. */
  headers?: Record<string, RegExp>
  exchangeHeaders?: Record<string, RegExp>
}

const tokenExchange = /^urn:ietf:params:oauth:grant-type:token-exchange$/
const jwt = /^urn:ietf:params:oauth:token-type:jwt$/

const vendors = {
  // https://developers.openai.com/api/reference/workload-identity-federation
  openai: {
    dialect: openAiDialect,
    path: '/oauth/token',
    contentType: 'application/json',
    fields: {
      grant_type: tokenExchange,
      subject_token_type: jwt,
      subject_token: 'token',
      identity_provider_id: /^idp_/,
      service_account_id: /^sa_/,
    },
  },
  // https://platform.claude.com/docs/en/manage-claude/wif-reference
  anthropic: {
    dialect: anthropicDialect,
    path: '/v1/oauth/token',
    contentType: 'application/json',
    fields: {
      grant_type: /^urn:ietf:params:oauth:grant-type:jwt-bearer$/,
      assertion: 'token',
      federation_rule_id: /^fdrl_/,
      organization_id: /^[0-9a-f-]{36}$/,
      service_account_id: /^svac_/,
      workspace_id: /^wrkspc_/,
    },
    headers: { 'anthropic-beta': /(^|,)oauth-2025-04-20(,|$)/ },
    exchangeHeaders: { 'anthropic-beta': /^oauth-2025-04-20,oidc-federation-2026-04-01$/ },
  },
  // https://openrouter.ai/docs/api/api-reference/oauth/exchange-a-workload-identity-token
  openrouter: {
    dialect: openAiDialect,
    path: '/v1/oauth/token',
    contentType: 'application/x-www-form-urlencoded',
    fields: {
      grant_type: tokenExchange,
      subject_token_type: jwt,
      subject_token: 'token',
      federation_policy_id: /^[0-9a-f-]{36}$/,
    },
  },
} satisfies Record<string, Vendor>

/**
 * A vendor's API that knows no key: only tokens that it gave in exchange for the platform's, `for-` and that token.
 * The exchange is at the same address.
 * @param options.once each token of the platform is taken once, as Anthropic does unless told
 */
export function startFederated(
  name: keyof typeof vendors,
  { once = false }: { once?: boolean } = {},
): Promise<StandIn> {
  const vendor: Vendor = vendors[name]
  const { dialect, path } = vendor
  const taken = new Set<string>()
  const isNew = (token: string) => {
    if (once && taken.has(token)) return false
    taken.add(token)
    return true
  }
  return startStandIn({
    ...dialect,
    route: (request) => (request.path === path ? exchange(vendor, request, isNew) : dialect.route(request)),
    hasCredential({ headers, path: asked }) {
      if (asked === path) return headers.authorization === undefined
      return (
        headers['x-api-key'] === undefined &&
        /^Bearer for-\S+$/.test(headers.authorization ?? '') &&
        fits(headers, vendor.headers)
      )
    },
  })
}

function exchange(
  vendor: Vendor,
  { method, headers, text }: RecordedRequest,
  isNew: (token: string) => boolean,
): ReturnType<Dialect['route']> {
  const given: Record<string, unknown> =
    vendor.contentType === 'application/json'
      ? JSON.parse(text)
      : Object.fromEntries(new URLSearchParams(text))
  const names = Object.keys(vendor.fields)
  const tokenName = names.find((field) => vendor.fields[field] === 'token') ?? ''
  const rules = Object.fromEntries(
    names.map((field) => [field, field === tokenName ? /./ : vendor.fields[field]]),
  )
  const isRight =
    method === 'POST' &&
    headers['content-type'] === vendor.contentType &&
    Object.keys(given).length === names.length &&
    fits(given, rules as Record<string, RegExp>) &&
    fits(headers, vendor.exchangeHeaders)
  return {
    kind: 'json',
    body: { access_token: `for-${given[tokenName]}`, token_type: 'Bearer', expires_in: 3600 },
    fault: !isRight
      ? 'this is no exchange of ours'
      : isNew(String(given[tokenName]))
        ? undefined
        : 'Authentication failed',
  }
}

const fits = (given: object, rules: Record<string, RegExp> = {}) =>
  Object.entries(rules).every(([name, rule]) => rule.test(String(Reflect.get(given, name))))
