/** A person, as a sign-in provider proved them. An account is keyed by `issuer` and `subject`, never by the e-mail. */
export interface VerifiedIdentity {
  /** Id of the sign-in provider, as `google`. */
  provider: string
  /** The exact issuer that vouches; for GitHub the address of the server. */
  issuer: string
  /** The issuer's own name for the person, 1 to 255 characters; unique together with `issuer` only. */
  subject: string
  /** Normalised by `normaliseEmail`; null where the issuer gave none or one that cannot be trusted in form. */
  email: string | null
  /** True only where the issuer says that it has verified this very address. */
  emailVerified: boolean
  /** For display alone: at most 200 characters, no control characters; not unique, chosen by the person. */
  name: string | null
}
