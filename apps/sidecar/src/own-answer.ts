import type { ServerResponse } from 'node:http'

/** What the sidecar says itself, in place of the upstream. */
export interface Refusal {
  status: number
  code: string
  message: string
  headers?: Record<string, string>
}

/** Reasons that do not depend on the moment. */
export const refusals = {
  no_key: {
    status: 401,
    code: 'missing_api_key',
    message: 'Authorization header missing: this sidecar asks for its SIDECAR_API_KEY.',
    headers: { 'www-authenticate': 'Bearer' },
  },
  wrong_key: {
    status: 401,
    code: 'invalid_api_key',
    message: 'The key is not the SIDECAR_API_KEY of this sidecar.',
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  },
  foreign_page: {
    status: 403,
    code: 'foreign_origin',
    message: 'A web page of another origin may not use this sidecar.',
  },
  no_path: { status: 400, code: 'invalid_path', message: 'The path cannot be passed on.' },
  no_token: {
    status: 503,
    code: 'upstream_auth_unavailable',
    message: 'There is no token from Entra ID; the log of the sidecar says why.',
    headers: { 'retry-after': '2' },
  },
  unreachable: { status: 502, code: 'upstream_unreachable', message: 'The upstream cannot be reached.' },
  broken: {
    status: 502,
    code: 'bad_upstream_response',
    message: 'The upstream broke off, or speaks no HTTP.',
  },
  bad_request: { status: 400, code: 'invalid_request', message: 'The request cannot be passed on.' },
} satisfies Record<string, Refusal>

/** Answers in the shape of OpenAI's errors, which the callers' clients read. */
export function refuse(response: ServerResponse, { status, code, message, headers }: Refusal): void {
  const type = status < 500 ? 'invalid_request_error' : 'server_error'
  const body = JSON.stringify({ error: { message, type, param: null, code } })
  send(response, status, body, headers)
}

/** One JSON document. */
export function send(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'cache-control': 'no-store',
    ...headers,
  })
  response.end(body)
}
