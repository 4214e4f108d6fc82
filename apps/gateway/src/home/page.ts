import { errorCodes, errorKind } from '@gatehouse/contracts'
import { keptTokenKey } from '../docs-page.js'
import { escapeHtml } from '../http/escape-html.js'
import { htmlPage, iconLink } from '../http/page.js'

/** What the page shows. */
export interface HomePage {
  /** null: nobody is signed in. */
  person: { name: string } | null
  /** Ways to sign in through the browser. */
  providers: { id: string; name: string }[]
  /** Code of why a sign-in failed. */
  failure: string | undefined
  /** Code of why an identity was not added. */
  linkFailure: string | undefined
}

/** The plain page at `/`: to the sign-in and to the API. Every text is escaped; there is no other script than ours. */
export function homePage({ person, providers, failure, linkFailure }: HomePage): string {
  return htmlPage(
    null,
    `<h1>Gatehouse</h1>
<p class="promise">One door to every language model.</p>
${sentence(failure, 'You could not be signed in.')}${sentence(linkFailure, 'The identity was not added.')}${person ? signedIn(person.name) : signedOut(providers)}
<nav><a href="/docs">API documentation</a></nav>
<script src="/home.js"></script>`,
    `${iconLink}\n<link rel="stylesheet" href="/home.css">`,
  )
}

function signedOut(providers: HomePage['providers']): string {
  if (providers.length === 0) {
    return '<p>No way to sign in through the browser is configured. Set the client id and secret of a sign-in provider (.env.example has them all), and start again.</p>'
  }
  return `<ul>\n${providers.map((provider) => signInButton(provider, providers.length === 1)).join('\n')}\n</ul>`
}

function signInButton({ id, name }: { id: string; name: string }, alone: boolean): string {
  const local = id === 'local'
  const look = local && !alone ? 'button' : 'button primary'
  const [described, hint] = local
    ? [
        ' aria-describedby="local-hint"',
        '<p class="hint" id="local-hint">For trying out, in development only: it lets you in as anyone, without a password.</p>',
      ]
    : ['', '']
  return `<li><a class="${look}" href="/auth/${encodeURIComponent(id)}/start"${described}>Sign in with ${escapeHtml(name)}</a>${hint}</li>`
}

function signedIn(name: string): string {
  return `<p>You are signed in as <strong>${escapeHtml(name)}</strong>. The web app is not here yet; until it is, the API documentation lets you try every call.</p>
<p><button type="button" id="sign-out">Sign out</button></p>`
}

/** The sentence of a code, and only of one of ours: the address bar is not a place to write on our page from. */
function sentence(code: string | undefined, what: string): string {
  const known = errorCodes.find((entry) => entry === code)
  if (!known) return ''
  // What somebody chose to do is told, and alarms nobody.
  if (known === 'sign_in_cancelled') return `<p role="status">${escapeHtml(errorKind(known).message)}</p>\n`
  const reason =
    known === 'unsupported_provider'
      ? 'There is no such way to sign in here. Choose one of those on this page.'
      : errorKind(known).message
  return `<p role="alert">${what} ${escapeHtml(reason)}</p>\n`
}

/** Served as `/home.js`. */
export const homeScript = `
document.getElementById('sign-out')?.addEventListener('click', async () => {
  // Who signs out leaves no token behind, also not the one that the API documentation keeps.
  localStorage.removeItem('${keptTokenKey}')
  await fetch('/auth/logout', { method: 'POST' })
  location.assign('/')
})
`.trimStart()
