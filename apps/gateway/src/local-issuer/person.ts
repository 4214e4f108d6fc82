import { createHash } from 'node:crypto'
import { localIssuerName, type VerifiedIdentity } from '@gatehouse/identity'
import type { Account } from 'oidc-provider'

/** The same address is the same person, also in another `DATA_DIR`; the subject does not show the address. */
export function subjectOf(email: string): string {
  return createHash('sha256').update(`local:${email}`).digest('base64url')
}

/** `ada.lovelace@localhost` → `Ada Lovelace` */
function nameOf(email: string): string {
  return email
    .slice(0, email.indexOf('@'))
    .split(/[._+-]+/)
    .filter(Boolean)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ')
}

/** The account of an address: whoever types it, is it. */
export function accountOf(email: string): Account {
  return {
    accountId: email,
    claims: () => ({ sub: email, email, email_verified: true, name: nameOf(email) || email }),
  }
}

/** What a sign-in as an address proves, without the way there: for the token that the start prints. */
export function identityOf(email: string): VerifiedIdentity {
  return {
    provider: 'local',
    issuer: localIssuerName,
    subject: subjectOf(email),
    email,
    emailVerified: true,
    name: nameOf(email) || email,
  }
}
