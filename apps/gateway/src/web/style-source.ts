/**
 * The policy of every answer, with `style-src` narrowed to the app's files and to what carries the nonce of this very page:
 * there is no `unsafe-inline` for whoever gets markup into it (https://www.w3.org/TR/CSP3/#directive-style-src).
 */
export function appStyleSource(policy: string, nonce: string): string {
  const directives = policy.split(';').filter((directive) => !/^\s*style-src(?:-\w+)?\s/.test(directive))
  return [...directives, `style-src 'self' 'nonce-${nonce}'`].join(';')
}
