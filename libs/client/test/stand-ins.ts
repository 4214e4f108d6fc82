import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { type RunningServer, type ServerCertificate, startServer } from '@gatehouse/testing'

/** An answer in place of the usual one. */
export interface OtherAnswer {
  status?: number
  headers?: Record<string, string>
  body?: string | object
}

/** A token endpoint on a real socket: client credentials, by form or header. */
export interface TokenEndpoint {
  url: string
  clientId: string
  clientSecret: string
  requests: { form: URLSearchParams; headers: IncomingHttpHeaders }[]
  /** Tokens given out, in order. */
  issued: string[]
  /** Laid over the usual answer of every request. */
  answer: Record<string, unknown>
  /** Milliseconds before each answer. */
  delayMs: number
  /** What the next requests are answered, in order. */
  next(...answers: OtherAnswer[]): void
  close: RunningServer['close']
}

/** RFC 6749, section 4.4. The client authenticates by its secret, or shows an assertion that is not looked at. */
export async function startTokenEndpoint(tls?: ServerCertificate): Promise<TokenEndpoint> {
  const queue: OtherAnswer[] = []
  const server = await startServer(async (request, response) => {
    const form = new URLSearchParams(await read(request))
    self.requests.push({ form, headers: request.headers })
    const other = queue.shift()
    if (self.delayMs > 0) await delay(self.delayMs)
    const { status = 200, headers, body = usual(form, request.headers.authorization) } = other ?? {}
    const refused = other === undefined && 'error' in Object(body)
    response.writeHead(refused ? 401 : status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }, tls)

  const usual = (form: URLSearchParams, authorization = '') => {
    const [id, secret] = Buffer.from(authorization.replace(/^Basic /, ''), 'base64')
      .toString()
      .split(':')
    const known = authorization
      ? decodeURIComponent(id ?? '') === self.clientId && formDecoded(secret ?? '') === self.clientSecret
      : form.get('client_id') === self.clientId &&
        (form.has('client_assertion') || form.get('client_secret') === self.clientSecret)
    if (!known || form.get('grant_type') !== 'client_credentials')
      return { error: 'invalid_client', error_description: 'Invalid client or Invalid client credentials' }
    self.issued.push(`token-${self.issued.length + 1}`)
    return { access_token: self.issued.at(-1), token_type: 'Bearer', expires_in: 3600, ...self.answer }
  }

  const self: TokenEndpoint = {
    url: `${server.url}/token`,
    clientId: 'kit',
    clientSecret: 'sécret+ & 100%/=:',
    requests: [],
    issued: [],
    answer: {},
    delayMs: 0,
    next: (...answers) => void queue.push(...answers),
    close: server.close,
  }
  return self
}

/** A gateway on a real socket that takes the tokens it is told to. */
export interface TokenGateway {
  url: string
  /** True for a token that is good. */
  accepts: (token: string) => boolean
  /** Sends each request there, where not null. */
  redirectTo: string | null
  requests: { method: string; path: string; headers: IncomingHttpHeaders; body: string }[]
  close: RunningServer['close']
}

/** Answers 200 or 401 by the token; reads the body first. */
export async function startTokenGateway(): Promise<TokenGateway> {
  const server = await startServer(async (request, response) => {
    const { method = '', url: path = '', headers } = request
    self.requests.push({ method, path, headers, body: await read(request) })
    if (self.redirectTo !== null) return void response.writeHead(307, { location: self.redirectTo }).end()
    const good = self.accepts(headers.authorization?.replace(/^Bearer /, '') ?? '')
    response.writeHead(good ? 200 : 401).end(good ? 'welcome' : 'no')
  })
  const self: TokenGateway = {
    url: server.url,
    accepts: () => true,
    redirectTo: null,
    requests: [],
    close: server.close,
  }
  return self
}

async function read(request: IncomingMessage): Promise<string> {
  let text = ''
  request.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
  })
  await once(request, 'end')
  return text
}

/** RFC 6749, section 2.3.1. */
function formDecoded(value: string): string {
  return new URLSearchParams(`v=${value}`).get('v') ?? ''
}
