/** RFC 5321 section 4.5.3.1: 254 octets for an address, 64 for the part before the `@`. */
const maximumLength = 254
const localPart = /^[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}$/
const domainLabel = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * The one form in which an address is kept and compared: printable ASCII, exactly one `@`, all lower case, at most 254
 * characters, no trailing dot (RFC 5321 section 4.1.2). Null for anything else, so that no odd spelling ever meets a rule.
 *
 * The ASCII check comes before the lower-casing: U+0130 and U+212A would otherwise fold into `i` and `k`.
 */
export function normaliseEmail(address: unknown): string | null {
  if (typeof address !== 'string' || address.length > maximumLength || !/^[\x21-\x7e]+$/.test(address))
    return null
  const parts = address.toLowerCase().split('@')
  const [local, domain] = parts
  if (parts.length !== 2 || !local || !domain) return null
  if (!localPart.test(local) || !domain.split('.').every((label) => domainLabel.test(label))) return null
  return `${local}@${domain}`
}

/** The domain of an address for a domain rule, lower case; null where the address has no normal form. */
export function emailDomain(address: unknown): string | null {
  const email = normaliseEmail(address)
  return email === null ? null : email.slice(email.indexOf('@') + 1)
}
