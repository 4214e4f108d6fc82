import { AppError } from '@gatehouse/contracts'

/** Something that a claim of a token has to say. */
export interface RequiredClaim {
  /** Name of the claim, with dots into what lies deeper: `kubernetes.io.serviceaccount.name`. */
  claim: string
  /** One of these, or with a list in the claim one of its entries; null for anything at all. */
  anyOf: readonly string[] | null
}

/** What one value of a claim means. Nothing follows from a claim that no rule names. */
export interface ClaimRule {
  claim: string
  value: string
}

/** How opaque tokens are asked about (RFC 7662). */
export interface Introspection {
  clientId: string
  clientSecret: string
  /** If not where the discovery document says. */
  endpoint?: string | undefined
}

/** An issuer whose tokens machines may present, as the operator configured it. */
export interface TrustedIssuer {
  /** Its name in the configuration. */
  id: string
  /** For people. */
  name: string
  /** Compared with `iss` to the letter. */
  issuer: string
  /** Of which `aud` has to hold one; never empty. */
  audiences: readonly string[]
  /** Asymmetric ones. */
  algorithms: readonly string[]
  /** Values of `azp`, `appid`, `client_id` or `cid` that may come; null for all. */
  clients: readonly string[] | null
  /** Whether tokens that are ID tokens by form are accepted, as those of workloads are at some issuers. */
  idTokens: boolean
  required: readonly RequiredClaim[]
  /** The claim that names the caller; the client's id unless told. */
  nameClaim?: string | undefined
  teamClaim?: string | undefined
  /** Who is an admin; everybody else is a member. */
  admins: readonly ClaimRule[]
  /** What callers may use: the sum of the rules that fit, so nothing where none does. Null: whatever there is. */
  models: readonly { when: ClaimRule | null; models: readonly string[] }[] | null
  /** Null: opaque tokens are refused. */
  introspection: Introspection | null
  /** What `/.well-known/openid-configuration` is appended to, where that is not the issuer. */
  discovery?: string | undefined
  /** Where its keys are, where there is no discovery document. */
  keysAddress?: string | undefined
  /** A token to ask for the document and the keys with. */
  bearer?: (() => Promise<string>) | undefined
}

/** A machine, as a trusted issuer proved it. The account is (issuer, subject). */
export interface MachineIdentity {
  /** Id of the issuer in the configuration. */
  provider: string
  issuer: string
  /** 1 to 255 characters. */
  subject: string
  /** For display alone. */
  name: string | null
  clientId: string | null
  team: string | null
  /** Those that the operator's rules give; at least `member`. */
  roles: ('admin' | 'member')[]
  /** Null: all models. */
  models: string[] | null
  expiresAt: Date
}

/** What is told of each check before it is made: for `explain` alone, since it quotes the token. */
export type See = (check: CheckName, detail: string) => void

/** The checks, in the words of `explain`. */
export type CheckName =
  | 'form'
  | 'issuer'
  | 'algorithm'
  | 'time'
  | 'audience'
  | 'purpose'
  | 'signature'
  | 'introspection'
  | 'client'
  | 'claims'
  | 'identity'

/** 401: the sentence says which check failed and how to mend it, and quotes nothing of the token. */
export const refused = (message: string, cause?: unknown) => new AppError('invalid_token', { message, cause })

/** 403: a good token of somebody who is not wanted here. */
export const notAllowed = (message: string) => new AppError('token_not_allowed', { message })
