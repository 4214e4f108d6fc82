/** Without a boundary before them: DB_PASSWORD and OPENAI_API_KEY are meant too. */
const names = 'access_token|id_token|client_secret|client_assertion|refresh_token|api[-_]?key|password'

/** A break inside a text of JSON, as the one after the backslash of `\n` or `\u001b`: behind it a word begins. */
const jsonBreak = String.raw`(?:[bfnrt]|u[\da-f]{4})`
const begin = String.raw`(?:\b|(?<=\\${jsonBreak}))`

// What looks like a credential, wherever it stands: bearer tokens, JWTs, provider keys, GitHub tokens, AWS key ids,
// passwords in connection strings, and credential-named parameters. Each line of the log is one JSON document before and
// after: no pattern takes out a quote, half of an escape, or a value that stands without quotes.
const patterns: [RegExp, string][] = [
  // One look at a run of letters, from its beginning, and only where a second part follows: a run that begins a token
  // again and again must not be read to its end for each of them.
  [
    new RegExp(
      String.raw`(?<![\w-])(?=[\w-]+\.[\w-]{4})((?:(?<=\\)${jsonBreak})?(?:[\w-]*?-)??)eyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?`,
      'g',
    ),
    '$1[token]',
  ],
  // Shorter ones are words ("Basic authentication").
  [new RegExp(String.raw`${begin}(bearer|basic)\s+[A-Za-z0-9._~+/=-]{16,}`, 'gi'), '$1 [redacted]'],
  [new RegExp(`${begin}(?:sk|xai|gsk|gh|pplx|nvapi|csk)[-_][A-Za-z0-9_-]{12,}`, 'g'), '[key]'],
  [new RegExp(`${begin}(?:gh[opsur]_|github_pat_)[A-Za-z0-9_]{16,}`, 'g'), '[key]'],
  [new RegExp(`${begin}AIza[A-Za-z0-9_-]{20,}`, 'g'), '[key]'],
  [new RegExp(`${begin}(?:AKIA|ASIA)[A-Z0-9]{12,}`, 'g'), '[key]'],
  [/(:\/\/[^\s:/@"]*):[^\s/@"]+@/g, '$1:[redacted]@'],
  // `code` and `key` are credentials in an address alone; elsewhere they name errors and members.
  [/([?&](?:code|key)=)[^\s"'&#\\]{6,}/gi, '$1[redacted]'],
  // A member of JSON, and one of JSON inside a text of JSON.
  [new RegExp(String.raw`((?:${names})"\s*:\s*")(?:[^"\\]|\\.)+`, 'gi'), '$1[redacted]'],
  [
    new RegExp(String.raw`((?:${names})\\"\s*:\s*\\")(?:[^"\\]|\\\\(?:\\["\\]|[^"\\]))+`, 'gi'),
    '$1[redacted]',
  ],
  // `name=value`, `name: value`, `'name': 'value'`. What follows a closing quote of JSON begins none of these values.
  [
    new RegExp(
      String.raw`((?:${names})'?\s*[=:]\s*(?:\\?"|')?)[^\s"'&,:}\]\\](?:[^\s"'&\\]|\\[^nrt"']){5,}`,
      'gi',
    ),
    '$1[redacted]',
  ],
]

/** What any of the patterns needs to find something; most lines have none of it. */
const suspicious =
  /eyJ|bearer|basic|sk[-_]|xai[-_]|gsk[-_]|gh[-_opsur]|github_pat|pplx|nvapi|csk[-_]|AIza|AKIA|ASIA|:\/\/|token|secret|assertion|api[-_]?key|password|[?&](?:code|key)=/i

/** A text with everything in it that looks like a credential replaced. For logs and for quoted errors of others. */
export function redact(text: string): string {
  if (!suspicious.test(text)) return text
  return patterns.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text)
}
