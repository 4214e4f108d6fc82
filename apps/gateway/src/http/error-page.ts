import type { FastifyRequest } from 'fastify'
import { escapeHtml } from './escape-html.js'
import { htmlPage, iconLink, inlineStyle } from './page.js'
import type { PublicError } from './public-error.js'

/** What programs ask; the ways into a sign-in are the only ones of /auth that a person opens. */
const forPrograms =
  /^\/+(?:api|v1|proxy|health|live|ping|ready|metrics|docs-json|\.well-known|auth(?!\/[^/]+\/(?:start|callback)\/?$))(?:\/|$)/i

/** Whether it is a person who reads the answer, in a browser's window. */
export function isForPerson({
  method,
  headers,
  url,
}: Pick<FastifyRequest, 'method' | 'headers' | 'url'>): boolean {
  const path = url.split(/[?#]/, 1)[0] ?? ''
  const destination = headers['sec-fetch-dest']
  return (
    method === 'GET' &&
    /\btext\/html\b/i.test(headers.accept ?? '') &&
    (destination === undefined || destination === 'document') &&
    !forPrograms.test(path)
  )
}

/** The same as the JSON says, for people. */
export function errorPage(
  { status, body: { error } }: PublicError,
  { id, url }: Pick<FastifyRequest, 'id' | 'url'>,
): string {
  const advice = status === 401 ? '<p>Sign in first, then open this address again.</p>\n' : ''
  const back =
    url === '/'
      ? ''
      : `\n<nav><a href="/">${status === 401 ? 'To the sign-in' : 'Back to Gatehouse'}</a></nav>`
  return htmlPage(
    error.message,
    `<h1>${escapeHtml(error.message)}</h1>
<p class="promise">Error ${status}</p>
${advice}<p class="hint">Should you ask somebody about it, give them this: ${escapeHtml(id)}</p>${back}`,
    `${iconLink}\n${inlineStyle}`,
  )
}
