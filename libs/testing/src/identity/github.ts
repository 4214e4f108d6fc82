import { createHash, randomUUID } from 'node:crypto'
import { type Answer, type Conditions, type StandInRequest, startStandIn } from './stand-in-server.js'

/** One entry of `GET /user/emails`. */
export interface GitHubEmail {
  email: string
  primary: boolean
  verified: boolean
}

/** GitHub on a real socket: site and API under one origin. */
export interface GitHub {
  /** For `GITHUB_URL` and `GITHUB_API_URL` alike. */
  origin: string
  clientId: string
  clientSecret: string
  conditions: Conditions
  user: { id: number; login: string; name: string | null }
  emails: GitHubEmail[]
  /** Requests so far, by endpoint. */
  requests: { authorize: number; accessToken: number; check: number; user: number; emails: number }
  /** Sent as the `iss` of the callback (RFC 9207), where not null. */
  iss: string | null
  /** The client id that check-token names, where it is not the right one. */
  checkedApp: string | null
  /** A user access token of our app, or of another. */
  issueToken(clientId?: string): string
  close(): Promise<void>
}

interface PendingCode {
  redirectUri: string
  challenge: string | null
}

/** Starts a GitHub with the routes that a sign-in uses; https://docs.github.com/rest/apps/oauth-applications */
export async function startGitHub(
  options: { clientId?: string; clientSecret?: string } = {},
): Promise<GitHub> {
  const { clientId = 'Iv1.standin', clientSecret = 'stand-in-secret' } = options
  const tokens = new Map<string, string>()
  const codes = new Map<string, PendingCode>()
  const server = await startStandIn(route)
  const self: GitHub = {
    origin: server.origin,
    clientId,
    clientSecret,
    conditions: server.conditions,
    user: { id: 583231, login: 'octocat', name: 'The Octocat' },
    emails: [
      { email: 'other@example.com', primary: false, verified: true },
      { email: 'octocat@example.com', primary: true, verified: true },
    ],
    requests: { authorize: 0, accessToken: 0, check: 0, user: 0, emails: 0 },
    iss: null,
    checkedApp: null,
    issueToken(app = clientId) {
      const token = `gho_${randomUUID().replaceAll('-', '')}`
      tokens.set(token, app)
      return token
    },
    close: server.close,
  }
  return self

  function route(request: StandInRequest): Answer | null {
    const { pathname, searchParams } = request.url
    switch (`${request.method} ${pathname}`) {
      case 'GET /login/oauth/authorize':
        self.requests.authorize++
        return authorize(searchParams)
      case 'POST /login/oauth/access_token':
        self.requests.accessToken++
        return accessToken(request.form())
      case `POST /applications/${clientId}/token`:
        self.requests.check++
        return check(request)
      case 'GET /user':
        self.requests.user++
        return isKnown(request) ? { json: self.user } : badCredentials
      case 'GET /user/emails':
        self.requests.emails++
        return isKnown(request) ? { json: self.emails } : badCredentials
      default:
        return null
    }
  }

  function isKnown({ headers }: StandInRequest): boolean {
    return tokens.has((headers.authorization ?? '').replace(/^(Bearer|token) /i, ''))
  }

  function check(request: StandInRequest): Answer {
    const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`
    if (request.headers.authorization !== basic) return badCredentials
    const { access_token: token } = request.json() as { access_token?: string }
    if (token === undefined || tokens.get(token) !== clientId)
      return { status: 404, json: { message: 'Not Found' } }
    return {
      json: {
        id: 1,
        token,
        app: { name: 'Gatehouse', client_id: self.checkedApp ?? clientId },
        user: { ...self.user, name: undefined },
      },
    }
  }

  function authorize(query: URLSearchParams): Answer {
    const redirectUri = query.get('redirect_uri') ?? ''
    if (query.get('client_id') !== clientId || !URL.canParse(redirectUri)) return { status: 404, json: {} }
    const code = randomUUID()
    codes.set(code, { redirectUri, challenge: query.get('code_challenge') })
    const back = new URL(redirectUri)
    back.searchParams.set('code', code)
    back.searchParams.set('state', query.get('state') ?? '')
    if (self.iss !== null) back.searchParams.set('iss', self.iss)
    return { location: back.href }
  }

  /** GitHub answers 200 even when it refuses. */
  function accessToken(form: URLSearchParams): Answer {
    if (form.get('client_id') !== clientId || form.get('client_secret') !== clientSecret)
      return { json: { error: 'incorrect_client_credentials' } }
    const code = form.get('code') ?? ''
    const pending = codes.get(code)
    codes.delete(code)
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    if (!pending || pending.redirectUri !== form.get('redirect_uri') || pending.challenge !== challenge)
      return { json: { error: 'bad_verification_code' } }
    return { json: { access_token: self.issueToken(), scope: 'read:user,user:email', token_type: 'bearer' } }
  }
}

const badCredentials: Answer = { status: 401, json: { message: 'Bad credentials' } }
