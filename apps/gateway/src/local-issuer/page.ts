import type { ServerResponse } from 'node:http'
import { escapeHtml } from '../http/escape-html.js'
import { htmlPage, inlineStyle } from '../http/page.js'

/** One click for the admin that development has unless told otherwise. */
const suggestedEmail = 'admin@localhost'

/** The page on which one says who one wants to be; `problem` is about the address typed before. */
export function signInPage(problem: string | null, typed: string): string {
  const alert = problem === null ? '' : `<p role="alert" id="problem">${escapeHtml(problem)}</p>\n`
  const invalid = problem === null ? '' : ' aria-invalid="true" aria-describedby="problem"'
  return htmlPage(
    'Local sign-in',
    `<h1>Local sign-in</h1>
<p class="promise">For trying out, in development only: it asks for no password and lets whoever opens it on this machine
in as anyone. In production it does not exist.</p>
<form method="post"><button class="primary" name="email" value="${suggestedEmail}">Sign in as ${suggestedEmail}</button></form>
<form method="post">
${alert}<label for="email">Or as any other e-mail address</label>
<input id="email" name="email" type="email" autocomplete="off" required maxlength="254" value="${escapeHtml(typed)}"${invalid}>
<button>Sign in</button>
</form>
<form method="post"><button class="plain" name="cancel" value="1">Cancel</button></form>`,
    inlineStyle,
  )
}

/** What is said when a sign-in cannot go on. */
export function errorPage(sentence: string): string {
  return htmlPage(
    'Local sign-in',
    `<h1>That did not work</h1>
<p>${escapeHtml(sentence)}</p>
<nav><a href="/">Back to Gatehouse</a></nav>`,
    inlineStyle,
  )
}

/** Of every page here: nothing may be loaded, framed, kept, or sent elsewhere. */
export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  // Not no-referrer, with which a browser sends `Origin: null` along with our own form.
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** Sends a page. */
export function sendPage(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, { ...pageHeaders, 'content-length': Buffer.byteLength(html) }).end(html)
}
