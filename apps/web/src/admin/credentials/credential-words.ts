import type { CredentialView } from '@gatehouse/contracts'

const kinds: Record<CredentialView['kind'], string> = {
  static_key: 'Long-lived key',
  expiring_key: 'Key that ends',
  client_secret: 'Client secret',
  signing_secret: 'Signing secret',
  certificate: 'Certificate',
  platform_token: 'Short-lived token',
  session: 'Session',
  none: 'None needed',
}

/** A kind of credential in words. */
export const kindWords = (kind: CredentialView['kind']): string => kinds[kind]

const hourMs = 3_600_000
const dayMs = 86_400_000
const oldDays = 90
const soonDays = 14

/** What about a credential should not be overlooked, in words; its own problem is told beside. */
export function remarks(
  { kind, age_days, expires_at }: Pick<CredentialView, 'kind' | 'age_days' | 'expires_at'>,
  now = Date.now(),
): string[] {
  const said: string[] = []
  const isKey =
    kind === 'static_key' || kind === 'expiring_key' || kind === 'client_secret' || kind === 'signing_secret'
  if (isKey && age_days !== null && age_days > oldDays) said.push(`Older than ${oldDays} days: replace it`)
  // Sessions and tokens end soon by design.
  if (expires_at !== null && (isKey || kind === 'certificate')) {
    const left = Date.parse(expires_at) - now
    const days = Math.round(left / dayMs)
    if (left < 0) said.push('Has ended: replace it')
    else if (left < dayMs) said.push('Ends within a day')
    else if (left < soonDays * dayMs) said.push(`Ends in ${days} ${days === 1 ? 'day' : 'days'}`)
  }
  return said
}

/** Of a provider's last call the hour is known, and not how long ago within it. */
export const usedThisHour = (
  { side, last_used_at }: Pick<CredentialView, 'side' | 'last_used_at'>,
  now = Date.now(),
): boolean => side === 'outbound' && last_used_at !== null && now - Date.parse(last_used_at) < hourMs

/** An age in whole days. */
export function ageWords(days: number | null): string {
  if (days === null) return '—'
  const whole = Math.floor(days)
  return whole === 0 ? 'today' : `${whole} ${whole === 1 ? 'day' : 'days'}`
}
