import type { Socket } from 'node:net'
import fastifyCors from '@fastify/cors'
import { AppError } from '@gatehouse/contracts'
import type { Logger, Metrics } from '@gatehouse/platform'
import type { Type } from '@nestjs/common'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { GatewayConfig } from '../config.js'
import type { Lifecycle } from '../lifecycle.js'
import { type Access, accessOfControllers } from './access.js'
import { Entry } from './entry.js'
import { sendError } from './error.filter.js'
import { parseJson } from './json-body.js'
import { publicError } from './public-error.js'
import { newRequestId, requestId } from './request-id.js'
import { securityHeaders } from './security-headers.js'

/** Bytes of a body where a route sets nothing else. */
const bodyLimit = 1 << 20
/** Bytes of a body on routes that carry prompts and images. */
export const largeBodyLimit = 32 << 20

/** Where our own headers can be read by a page of another origin. */
const exposedHeaders = [
  'x-request-id',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'www-authenticate',
  'x-gatehouse-provider',
  'x-gatehouse-model',
  'x-gatehouse-attempts',
  'x-gatehouse-cost-usd',
]

/** Fastify with limits set on purpose. */
export function createAdapter(config: GatewayConfig, logger: Logger): FastifyAdapter {
  const security = securityHeaders(config)
  return new FastifyAdapter({
    bodyLimit,
    genReqId: requestId,
    requestIdHeader: false,
    trustProxy: config.trustProxy.length > 0 ? [...config.trustProxy] : false,
    // Longer than a load balancer's own 60 s, or it sends requests into a connection that we are closing.
    keepAliveTimeout: 65_000,
    requestTimeout: 60_000,
    // Node would answer a request without Host by itself, in no shape at all: `refuse` does it.
    http: {
      headersTimeout: 10_000,
      // Node looks at its timeouts this often; its own 30 s would make 40 of the 10 above.
      connectionsCheckingInterval: 2_000,
      maxHeaderSize: 16 << 10,
      requireHostHeader: false,
    },
    routerOptions: { maxParamLength: 1000 },
    // A malformed address meets no hook and no filter: it is answered here, with the headers of every answer.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      void reply.headers(security).header('x-request-id', request.id)
      sendError(request, reply, error, logger)
    },
    clientErrorHandler: refuseUnreadable,
  })
}

/** What cannot be parsed as HTTP has no request to answer with: the answer is written by hand, in the same shape. */
function refuseUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const code =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? 'headers_too_large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? 'request_timeout'
        : 'invalid_request'
  const { status, body } = publicError(new AppError(code))
  const text = JSON.stringify(body)
  const reason =
    status === 431 ? 'Request Header Fields Too Large' : status === 408 ? 'Request Timeout' : 'Bad Request'
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\ncontent-type: application/json; charset=utf-8\r\nx-request-id: ${newRequestId()}\r\n` +
      `x-content-type-options: nosniff\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  )
}

/** A route as the application has registered it. */
export interface LiveRoute {
  method: string
  url: string
  access: Access
}

/** Routes that a library registers by itself, and who may reach them. */
function accessOfLibraries(config: GatewayConfig): [prefix: string, access: Access][] {
  return [
    ['/docs', config.production ? 'caller' : 'public'],
    // The embedded issuer answers for itself; it is there in development alone.
    ['/local/', 'public'],
  ]
}

/**
 * Everything that happens to each request before and after its route: ids, headers, limits, logs, metrics, and who
 * may reach a raw route. Call it before any route is registered.
 * @returns the list that fills with every route of the application
 */
export function prepareServer(
  fastify: FastifyInstance,
  app: NestFastifyApplication,
  deps: {
    config: GatewayConfig
    logger: Logger
    metrics: Metrics
    lifecycle: Lifecycle
    /** Nest's, which say themselves who may reach them. */
    controllers: readonly Type[]
  },
): LiveRoute[] {
  const { config, logger, metrics, lifecycle } = deps
  const routes: LiveRoute[] = []
  const libraries = accessOfLibraries(config)
  const faces = accessOfControllers(deps.controllers)
  const security = securityHeaders(config)

  /** A step before the route; its errors are answered here, since a raw route meets no filter. */
  const step =
    (check: (request: FastifyRequest, reply: FastifyReply) => Promise<void>) =>
    async (request: FastifyRequest, reply: FastifyReply) => {
      try {
        await check(request, reply)
      } catch (error) {
        sendError(request, reply, error, logger)
        return reply
      }
    }

  fastify.addHook('onRoute', (route) => {
    if (route.config?.bodyLimit) route.bodyLimit = route.config.bodyLimit
    const library = libraries.find(([prefix]) => route.url.startsWith(prefix))?.[1]
    for (const method of [route.method].flat()) {
      const face = faces.get(`${method === 'HEAD' ? 'GET' : method} ${route.url}`)
      // Closed where nobody says anything.
      routes.push({ method, url: route.url, access: route.config?.access ?? face ?? library ?? 'caller' })
    }
    const { access } = routes.at(-1) ?? { access: 'caller' }
    if (access === 'public') return
    const before = route.onRequest === undefined ? [] : [route.onRequest].flat()
    // Before the body is read: a stranger's 32 MiB are not worth the memory.
    route.onRequest = [step((request, reply) => app.get(Entry).open(request, reply, access)), ...before]
    // And again once the body is here: its sender sets the pace, and may have lost session, role or account meanwhile.
    const handlers = route.preHandler === undefined ? [] : [route.preHandler].flat()
    route.preHandler = [step((request) => app.get(Entry).confirm(request, access)), ...handlers]
  })

  fastify.addHook('onRequest', async (request, reply) => {
    void reply.headers(security).header('x-request-id', request.id)
    if (/^\/(auth|api|v1|proxy)\b/.test(request.url)) void reply.header('cache-control', 'no-store')
    const refusal = refuse(request)
    if (refusal) throw refusal
    if (lifecycle.refusing() && !isProbe(request.url))
      throw new AppError('shutting_down', { retryAfterSeconds: 5 })
  })
  fastify.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown'
    const seconds = reply.elapsedTime / 1000
    metrics.requestDuration.observe(
      { http_request_method: request.method, http_route: route, http_response_status_code: reply.statusCode },
      seconds,
    )
    // Never the address as it came: a query may hold what somebody pasted into it.
    const line = {
      request_id: request.id,
      method: request.method,
      route,
      status: reply.statusCode,
      duration_ms: Math.round(reply.elapsedTime),
      ...(request.user ? { principal_id: request.user.principal.id } : {}),
    }
    if (isProbe(request.url)) logger.debug(line, 'request')
    else logger.info(line, 'request')
  })

  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, (body as Buffer).length === 0 ? undefined : parseJson(body as Buffer))
    } catch (error) {
      done(error as Error)
    }
  })
  if (config.corsOrigins.length > 0) {
    void fastify.register(fastifyCors, {
      origin: [...config.corsOrigins],
      methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders,
      maxAge: 600,
    })
  }
  return routes
}

const isProbe = (url: string) => /^\/(health|live|ping|ready|metrics)(\?|$)/.test(url)

/** Requests that Node's parser lets through and that mean something else to the next program in line (RFC 9112). */
function refuse({ raw }: FastifyRequest): AppError | null {
  const { rawHeaders } = raw
  if (rawHeaders.length > 200) return new AppError('headers_too_large', { message: 'More than 100 headers.' })
  let hosts = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === 'host') hosts++
  }
  if (hosts > 1 || (hosts === 0 && raw.httpVersion !== '1.0')) {
    return new AppError('invalid_request', { message: 'Send one Host header.' })
  }
  const coding = raw.headers['transfer-encoding']
  if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || raw.httpVersion === '1.0')) {
    return new AppError('invalid_request', { message: 'Transfer-Encoding must be chunked alone.' })
  }
  if (!raw.url?.startsWith('/'))
    return new AppError('invalid_request', { message: 'The address must be a path.' })
  return null
}
