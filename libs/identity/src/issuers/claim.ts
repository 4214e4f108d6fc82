/** The claims of a token whose signature may or may not have been checked. */
export type Claims = Readonly<Record<string, unknown>>

/**
 * What a claim says, by its name with dots into what lies deeper. A name may itself hold dots, as `kubernetes.io` and
 * `https://sts.amazonaws.com/` do: the longest one that is there is meant. Undefined where there is none.
 */
export function claimAt(claims: unknown, path: string): unknown {
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) return undefined
  // Own members alone: `constructor` is no claim.
  if (Object.hasOwn(claims, path)) return (claims as Claims)[path]
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const name = path.slice(0, dot)
    if (Object.hasOwn(claims, name)) return claimAt((claims as Claims)[name], path.slice(dot + 1))
  }
  return undefined
}

/** The texts that a claim holds: one, or those of its list. Scopes are a list with spaces (RFC 8693 section 4.2). */
export function textsAt(claims: Claims, path: string): string[] {
  const value = claimAt(claims, path)
  if ((path === 'scope' || path === 'scp') && typeof value === 'string') return value.split(' ')
  return [value].flat().flatMap((entry) => {
    if (typeof entry === 'string') return [entry]
    return typeof entry === 'number' || typeof entry === 'boolean' ? [String(entry)] : []
  })
}

/** The client that a token was issued to, by the names that issuers give it: OpenID, Entra ID v1, RFC 9068, Okta. */
export const clientClaims = ['azp', 'appid', 'client_id', 'cid'] as const

/** A value for a sentence that an admin reads, cut where it is long. */
export function quote(value: unknown): string {
  const text = value === undefined ? 'absent' : JSON.stringify(value)
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}
