import { hash } from 'node:crypto'
import { AppError } from '@gatehouse/contracts'
import { LRUCache } from 'lru-cache'
import type { Clock, Fetch } from '../fetch.js'
import { createIntrospection, type JudgeOpaque } from './introspection.js'
import { judgeJwt } from './judge-jwt.js'
import { type IssuerState, runIssuer } from './running-issuer.js'
import type { CheckName, MachineIdentity, See, TrustedIssuer } from './trusted-issuer.js'

/** How long a token that was verified is not verified again; and one that its issuer has to be asked about. */
const verifiedMs = 60_000
const introspectedMs = 30_000
const remembered = 20_000

/** What `createTrustedIssuers` is built with. */
export interface TrustedIssuersSettings {
  /** As `completeIssuer` makes them. */
  issuers: readonly TrustedIssuer[]
  fetch: Fetch
  /** Client ids by which people sign in here: `SignIn.audiences`. */
  signInAudiences: ReadonlySet<string>
  /** Told when an issuer ceases to answer, with the reason, and with null when it does again. */
  onState?: (issuerId: string, problem: string | null) => void
  now?: Clock
}

/** One check of a token, as it went. */
export interface ExplainedStep {
  check: CheckName
  passed: boolean
  /** What was seen and what is wanted; it quotes the token, and is for an admin alone. */
  detail: string
}

/** What came of a token, step by step. */
export interface TokenExplanation {
  steps: ExplainedStep[]
  /** Null where it was refused. */
  identity: MachineIdentity | null
  /** Null where it was accepted: what a caller is told, and how to mend it. */
  refusal: { status: number; code: string; message: string } | null
}

/** An issuer, as an admin sees it. */
export interface IssuerListing {
  id: string
  name: string
  issuer: string
  audiences: readonly string[]
  /** Whether opaque tokens are asked about. */
  introspection: boolean
  state: IssuerState
  problem: string | null
  answeredAt: Date | null
}

/** The issuers whose tokens machines present. */
export interface TrustedIssuers {
  /**
   * Who presents a token: at once where it was verified within the last minute. Throws or rejects with `invalid_token`,
   * `token_expired` (401), `token_not_allowed` (403), `rate_limited` (429), `issuer_unavailable` (503).
   */
  verify(token: string): MachineIdentity | Promise<MachineIdentity>
  /** The same step by step and anew, keeping nothing. */
  explain(token: string): Promise<TokenExplanation>
  list(): IssuerListing[]
}

const unseen: See = () => {}

interface Verified {
  identity: MachineIdentity
  /** Milliseconds since the epoch; never after the token's own end. */
  until: number
}

/**
 * The trusted issuers behind one door. Nothing is fetched before the first token. Throws an Error for two of the same issuer
 * or id, for one without an audience, and for two that are to be asked about opaque tokens: each would learn the other's.
 */
export function createTrustedIssuers(settings: TrustedIssuersSettings): TrustedIssuers {
  const { fetch, signInAudiences, onState, now = Date.now } = settings
  refuseUnsafe(settings.issuers)
  const issuers = settings.issuers.map((trusted) => runIssuer(trusted, { fetch, now, onState }))
  const bench = { issuers, signInAudiences, now }
  const [opaque] = issuers.flatMap((issuer): JudgeOpaque[] => {
    const { introspection } = issuer.trusted
    return introspection ? [createIntrospection(issuer, introspection, { fetch, now, signInAudiences })] : []
  })
  // By the hash of the whole token: a forged one that shares its beginning is another (T32).
  const verified = new LRUCache<string, Verified>({ max: remembered })
  const running = new Map<string, Promise<MachineIdentity>>()

  const isOpaque = (token: string) => token.split('.', 3).length < 3

  async function judge(token: string, digest: string, see: See): Promise<MachineIdentity> {
    return opaque && isOpaque(token) ? opaque(token, digest, see) : judgeJwt(token, bench, see)
  }

  async function verifyAnew(token: string, digest: string): Promise<MachineIdentity> {
    const began = now()
    const identity = await judge(token, digest, unseen)
    const until = began + (isOpaque(token) ? introspectedMs : verifiedMs)
    verified.set(digest, { identity, until: Math.min(until, identity.expiresAt.getTime()) })
    return identity
  }

  return {
    verify(token) {
      const digest = hash('sha256', token, 'base64')
      const known = verified.get(digest)
      if (known !== undefined && now() < known.until) return known.identity
      const pending = running.get(digest) ?? verifyAnew(token, digest).finally(() => running.delete(digest))
      running.set(digest, pending)
      return pending
    },
    async explain(token) {
      const steps: ExplainedStep[] = []
      const see: See = (check, detail) => {
        steps.push({ check, passed: true, detail })
      }
      try {
        const identity = await judge(token, hash('sha256', token, 'base64'), see)
        return { steps, identity, refusal: null }
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        const last = steps.at(-1)
        if (last) last.passed = false
        const { status, code, message } = error
        return { steps, identity: null, refusal: { status, code, message } }
      }
    },
    list: () =>
      issuers.map(({ trusted, state, problem, answeredAt }) => ({
        id: trusted.id,
        name: trusted.name,
        issuer: trusted.issuer,
        audiences: trusted.audiences,
        introspection: trusted.introspection !== null,
        state: state(),
        problem: problem(),
        answeredAt: answeredAt(),
      })),
  }
}

function refuseUnsafe(issuers: readonly TrustedIssuer[]): void {
  for (const { id, audiences } of issuers)
    if (audiences.length === 0) throw new Error(`Issuer ${id} has no audience.`)
  for (const member of ['id', 'issuer'] as const)
    if (new Set(issuers.map((issuer) => issuer[member])).size < issuers.length)
      throw new Error(`Two trusted issuers have the same ${member}.`)
  if (issuers.filter(({ introspection }) => introspection).length > 1)
    throw new Error('Opaque tokens can be asked about at one issuer alone.')
}
