// What looks like a credential, wherever it stands: bearer tokens, JWTs, provider keys, GitHub tokens, AWS key ids,
// passwords in connection strings, and credential-named parameters.
const patterns: [RegExp, string][] = [
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?/g, '[token]'],
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, '$1 [redacted]'],
  [/\b(?:sk|xai|gsk|gh|pplx|nvapi|csk)[-_][A-Za-z0-9_-]{12,}/g, '[key]'],
  [/\b(?:gh[opsur]_|github_pat_)[A-Za-z0-9_]{16,}/g, '[key]'],
  [/\bAIza[A-Za-z0-9_-]{20,}/g, '[key]'],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{12,}/g, '[key]'],
  [/(\w+:\/\/[^\s:/@]+):[^\s/@]+@/g, '$1:[redacted]@'],
  [
    /((?:access_token|id_token|client_secret|client_assertion|refresh_token|api[-_]?key|password|code|key)["']?\s*[=:]\s*["']?)[^\s"'&,}]{6,}/gi,
    '$1[redacted]',
  ],
]

/** What any of the patterns needs to find something; most lines have none of it. */
const suspicious =
  /eyJ|bearer|basic|sk[-_]|xai[-_]|gsk[-_]|gh[-_opsur]|github_pat|pplx|nvapi|csk[-_]|AIza|AKIA|ASIA|:\/\/|token|secret|assertion|key|password|code["']?\s*[=:]/i

/** A text with everything in it that looks like a credential replaced. For logs and for quoted errors of others. */
export function redact(text: string): string {
  if (!suspicious.test(text)) return text
  return patterns.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text)
}
