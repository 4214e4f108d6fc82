import type { ServerResponse } from 'node:http'
import { escapeHtml } from '../http/escape-html.js'

/** One click for the admin that development has unless told otherwise. */
const suggestedEmail = 'admin@localhost'

const style = `
:root { color-scheme: light dark }
* { box-sizing: border-box }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; padding: 1.5rem; display: grid; min-height: 100vh; place-items: center }
main { width: 100%; max-width: 26rem }
h1 { font-size: 1.5rem; margin: 0 0 .5rem }
form { display: grid; gap: .5rem; margin: 1.5rem 0 }
input, button { font: inherit; min-height: 2.75rem; padding: .5rem .75rem; border: 1px solid GrayText; border-radius: .5rem; width: 100% }
button { cursor: pointer }
button.first { background: #1c4fd8; border-color: #1c4fd8; color: #fff }
:focus-visible { outline: 3px solid #5b8cff; outline-offset: 2px }
.error { border-left: .25rem solid #c62828; padding-left: .75rem }
`

/** The page on which one says who one wants to be; `problem` is about the address typed before. */
export function signInPage(problem: string | null, typed: string): string {
  const alert =
    problem === null ? '' : `<p class="error" role="alert" id="problem">${escapeHtml(problem)}</p>`
  const invalid = problem === null ? '' : ' aria-invalid="true" aria-describedby="problem"'
  return page(
    'Local sign-in',
    `<h1>Local sign-in</h1>
<p>This page is for development. It asks for no password: whoever opens it on this machine signs in as anyone they like.
In production it does not exist.</p>
<form method="post"><button class="first" name="email" value="${suggestedEmail}">Sign in as ${suggestedEmail}</button></form>
${alert}
<form method="post">
<label for="email">Or as any other e-mail address</label>
<input id="email" name="email" type="email" autocomplete="off" required maxlength="254" value="${escapeHtml(typed)}"${invalid}>
<button>Sign in</button>
</form>
<form method="post"><button name="cancel" value="1">Cancel</button></form>`,
  )
}

/** What is said when a sign-in cannot go on. */
export function errorPage(sentence: string): string {
  return page(
    'Local sign-in',
    `<h1>That did not work</h1><p role="alert">${escapeHtml(sentence)}</p><p><a href="/">Back to Gatehouse</a></p>`,
  )
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Gatehouse</title>
<style>${style}</style>
</head>
<body><main>${body}</main></body>
</html>
`
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
