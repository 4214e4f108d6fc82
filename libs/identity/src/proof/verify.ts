import { AppError } from '@gatehouse/contracts'
import { normaliseEmail } from '../email.js'
import type { Clock } from '../fetch.js'
import type { VerifiedIdentity } from '../identity.js'
import type { ProvenPerson, SignInProvider } from '../providers/provider.js'
import { cleanName, verifyIdToken } from './id-token.js'

/**
 * The one place where a proof becomes an identity, for every provider and both ways in. Fails closed: whatever is thrown that
 * is not an AppError is 401 with the provider's id, and the reason stays in the cause.
 */
export async function verifyProof(
  { id, proof }: SignInProvider,
  token: unknown,
  check: { nonce?: string; now: Clock },
): Promise<VerifiedIdentity> {
  let person: ProvenPerson | null
  try {
    if (typeof token !== 'string') throw new Error('the token is not a text')
    person = proof.kind === 'id_token' ? await verifyIdToken(proof, token, check) : await proof.check(token)
    if (person === null) throw new Error('the token was not issued to this client')
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('invalid_provider_token', { message: `Invalid ${id} token`, cause })
  }
  const email = normaliseEmail(person.email)
  return {
    provider: id,
    issuer: person.issuer,
    subject: person.subject,
    email,
    emailVerified: email !== null && person.emailVerified,
    name: cleanName(person.name),
  }
}
