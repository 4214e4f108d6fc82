import type { IncomingMessage, ServerResponse } from 'node:http'
import { normaliseEmail } from '@gatehouse/identity'
import type Provider from 'oidc-provider'
import { isSameOrigin } from './loopback.js'
import { errorPage, sendPage, signInPage } from './page.js'

const maximumBytes = 4096

/**
 * The page between the authorization request and its answer: GET shows it, POST says who one is. oidc-provider finds the
 * sign-in by a cookie that holds its id and is bound to this path.
 */
export async function interact(
  provider: Provider,
  publicUrl: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const open = await provider.interactionDetails(request, response).catch(() => null)
  if (!open) {
    sendPage(response, 400, errorPage('This sign-in is no longer open in this browser. Start it again.'))
  } else if (request.method === 'GET') {
    sendPage(response, 200, signInPage(null, ''))
  } else if (request.method !== 'POST') {
    sendPage(response.setHeader('allow', 'GET, POST'), 405, errorPage('This page takes GET and POST.'))
  } else if (!isSameOrigin(request, publicUrl)) {
    // Another site would sign its visitor in here as somebody of its choice (login CSRF).
    sendPage(response, 403, errorPage('The form was sent by another site.'))
  } else {
    await answer(provider, open.session?.uid, request, response)
  }
}

async function answer(
  provider: Provider,
  session: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const form = await readForm(request)
  if (form === null) return sendPage(response, 413, errorPage('The form is too large.'))
  if (form.has('cancel')) return provider.interactionFinished(request, response, { error: 'access_denied' })
  const typed = form.get('email') ?? ''
  const email = normaliseEmail(typed.trim())
  if (email === null)
    return sendPage(
      response,
      422,
      signInPage('That is not an e-mail address. Type one like ada@example.com.', typed.slice(0, 254)),
    )
  const returnTo = await provider.interactionResult(request, response, { login: { accountId: email } })
  if (session !== undefined) await forget(provider, session)
  response.writeHead(303, { location: returnTo, 'content-length': 0 }).end()
}

/**
 * Every sign-in here asks anew, so who it was before is of no use: oidc-provider would want its end-session page, which
 * is off, before somebody else may sign in from the same browser. Once the answer is kept: until then it would be refused
 * because of the change.
 */
async function forget(provider: Provider, uid: string): Promise<void> {
  const session = await provider.Session.findByUid(uid)
  if (!session) return
  session.accountId = undefined
  session.authorizations = undefined
  await session.persist()
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maximumBytes) return null
    chunks.push(chunk)
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}
