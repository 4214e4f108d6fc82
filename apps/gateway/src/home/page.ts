import { errorCodes, errorKind } from '@gatehouse/contracts'
import { escapeHtml } from '../http/escape-html.js'

/** What the page shows. */
export interface HomePage {
  /** null: nobody is signed in. */
  person: { name: string } | null
  /** Ways to sign in through the browser. */
  providers: { id: string; name: string }[]
  /** Code of why a sign-in failed. */
  failure: string | undefined
}

/** A gate: two posts and a lintel. */
const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M2 3h12v3h-1v8h-3V8H6v6H3V6H2z" fill="#1f5fd0"/></svg>'

/** The plain page at `/`: to the sign-in and to the API. Every text is escaped; there is no other script than ours. */
export function homePage({ person, providers, failure }: HomePage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Gatehouse</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(icon)}">
<link rel="stylesheet" href="/home.css">
</head>
<body>
<main>
<h1>Gatehouse</h1>
<p class="promise">One door to every language model.</p>
${sentence(failure)}${person ? signedIn(person.name) : signedOut(providers)}
<nav><a href="/docs">API documentation</a></nav>
</main>
<script src="/home.js"></script>
</body>
</html>
`
}

function signedOut(providers: HomePage['providers']): string {
  if (providers.length === 0) {
    return '<p>No way to sign in through the browser is configured. Set the client id and secret of a sign-in provider (.env.example has them all), and start again.</p>'
  }
  const buttons = providers.map(
    ({ id, name }) =>
      `<li><a class="button" href="/auth/${encodeURIComponent(id)}/start">Sign in with ${escapeHtml(name)}</a></li>`,
  )
  return `<ul>\n${buttons.join('\n')}\n</ul>`
}

function signedIn(name: string): string {
  return `<p>You are signed in as <strong>${escapeHtml(name)}</strong>. The web app is not here yet; until it is, the API documentation lets you try every call.</p>
<p><button type="button" id="sign-out">Sign out</button></p>`
}

/** The sentence of a code, and only of one of ours: the address bar is not a place to write on our page from. */
function sentence(code: string | undefined): string {
  const known = errorCodes.find((entry) => entry === code)
  return known
    ? `<p role="alert">You could not be signed in. ${escapeHtml(errorKind(known).message)}</p>\n`
    : ''
}

/** Served as `/home.css`. */
export const homeStyle = `
:root { color-scheme: light dark; --accent: light-dark(#1f5fd0, #7fb0ff); --text: light-dark(#16181d, #e8eaf0); --soft: light-dark(#5b616e, #a2a9b8); --line: light-dark(#d9dde5, #363c48); --page: light-dark(#f6f7f9, #14161b); --card: light-dark(#fff, #1c1f26); }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 24rem; padding: 2.5rem 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 14px; }
h1 { margin: 0; font-size: 1.5rem; letter-spacing: -0.02em; }
.promise { margin: 0.25rem 0 1.75rem; color: var(--soft); }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 0.625rem; }
.button, button { display: block; width: 100%; padding: 0.7rem 1rem; border: 1px solid var(--line); border-radius: 9px; background: transparent; color: var(--text); font: inherit; text-align: center; text-decoration: none; cursor: pointer; }
.button:hover, button:hover { border-color: var(--accent); }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
[role=alert] { padding: 0.7rem 0.9rem; border: 1px solid light-dark(#d3a1a1, #7a4343); border-radius: 9px; }
nav { margin-top: 1.75rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
`.trimStart()

/** Served as `/home.js`. */
export const homeScript = `
document.getElementById('sign-out')?.addEventListener('click', async () => {
  await fetch('/auth/logout', { method: 'POST' })
  location.assign('/')
})
`.trimStart()
