import { type ErrorCode, errorCodes, errorKind } from '@gatehouse/contracts'

/** What can be done about a refusal, where its own sentence does not say it. */
const mends: Partial<Record<ErrorCode, string>> = {
  sign_in_cancelled: 'Choose a way in to try again.',
  domain_not_allowed:
    'Use the address of your organisation, or ask an administrator to allow its domain (ALLOWED_EMAIL_DOMAINS).',
  tenant_not_allowed: 'Sign in with an account of your organisation (MICROSOFT_TENANT_ID).',
  account_deleted: 'Ask one within seven days.',
  unsupported_provider: 'Choose one of those below.',
  issuer_unavailable: 'Try again in a minute, or use another way in.',
}

/**
 * Why somebody could not be signed in, by the code in the address: the words are ours, since an address bar is not a place to
 * write on our page from.
 * @returns null where the code is none of ours
 */
export function sentenceOfCode(
  code: string | undefined,
  publicUrl: string,
): { sentence: string; calm: boolean } | null {
  const known = errorCodes.find((entry) => entry === code)
  if (!known) return null
  const mend =
    known === 'sign_in_failed' || known === 'invalid_provider_token'
      ? `If it happens again, the redirect address registered at the provider may differ from ${publicUrl}/auth/<provider>/callback.`
      : mends[known]
  const reason =
    known === 'unsupported_provider' ? 'There is no such way to sign in here.' : errorKind(known).message
  return { sentence: [reason, mend].filter(Boolean).join(' '), calm: known === 'sign_in_cancelled' }
}
