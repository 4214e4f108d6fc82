/** Longest quote of a provider's message, in characters. */
const maxQuote = 500
/** Shorter than this, a configured secret would match ordinary words. */
const minSecret = 6
const mark = '[removed]'

/** What a credential looks like, for those we do not know: they may be the provider's own, or another customer's. */
const patterns = [
  // JSON Web Tokens.
  /\beyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)?/g,
  // Keys with a vendor's prefix.
  /\b(?:sk|pk|rk|xai|gsk|gh|ghp|gho|ghs|github_pat|hf|xox[a-z])[-_][\w-]{8,}/gi,
  /\bAIza[\w-]{20,}/g,
  /\b(?:AKIA|ASIA|ABSK)[A-Za-z0-9+/=]{12,}/g,
  // A header that came back.
  /\b(?:bearer|basic)\s+[\w.~+/=-]{8,}/gi,
  /\b(?:authorization|api-key|x-api-key|x-goog-api-key|x-amz-security-token|cookie|set-cookie)["']?\s*[:=]\s*["']?[^\s"',;]+/gi,
  /\b(?:key|token|secret|signature|password|client_secret|client_assertion)=[^\s&"']{6,}/gi,
]

/** Keys of Azure and AWS have no prefix; they are long and without a pause, where names of models have many. */
const longWord = /[A-Za-z0-9+/_-]{32,}={0,2}/g
const unbroken = /[A-Za-z0-9+]{20,}/

/** A text with the secrets given taken out, in every spelling they have in a header, an address or JSON. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let clean = text
  for (const secret of secrets) {
    if (secret.length < minSecret) continue
    for (const form of new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])) {
      clean = clean.replaceAll(form, mark)
    }
  }
  return clean
}

/**
 * A provider's sentence, fit to be shown to the caller: credentials removed, those given and those that look like one;
 * control characters removed; cut to 500 characters.
 */
export function scrub(text: string, secrets: readonly string[]): string {
  let clean = withoutSecrets(text.slice(0, maxQuote * 4), secrets)
  for (const pattern of patterns) clean = clean.replace(pattern, mark)
  clean = clean.replace(longWord, (word) => (unbroken.test(word) && /\d/.test(word) ? mark : word))
  clean = clean.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim()
  return clean.length > maxQuote ? `${clean.slice(0, maxQuote)}…` : clean
}
