import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import fastifyCors from '@fastify/cors'
import { AppError } from '@gatehouse/contracts'
import { createRequestLog, type DistributionSeries, type Logger, type Metrics } from '@gatehouse/platform'
import type { Type } from '@nestjs/common'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import type { GatewayConfig } from '../config.js'
import type { Lifecycle } from '../lifecycle.js'
import { type Access, accessOfControllers } from './access.js'
import { createAllowedMethods } from './allowed-methods.js'
import { bytesRoute } from './bytes-route.js'
import { Entry } from './entry.js'
import { sendError } from './error.filter.js'
import { parseJson } from './json-body.js'
import { publicError } from './public-error.js'
import { newRequestId, requestId } from './request-id.js'
import { securityHeaders } from './security-headers.js'
import { dropStalledReaders } from './stalled.js'

/** Bytes of a body where a route sets nothing else. */
const bodyLimit = 1 << 20
/** Bytes of a body on routes that carry prompts and images. */
export const largeBodyLimit = 32 << 20
/** Bytes of a body on `/auth`, most of whose routes are open to strangers: a token, at most some kilobytes. */
const authBodyLimit = 64 << 10
/** Of an answer of which not one byte can be sent. */
const stalledMs = 120_000

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
  'x-gatehouse-preset',
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
    // Who may reach a route is said by the route: another spelling of its address meets the same guard.
    routerOptions: { maxParamLength: 1000, ignoreTrailingSlash: true },
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

/** Node would answer an expectation other than `100-continue` by itself, in no shape at all (RFC 9110 section 10.1.1). */
function refuseExpectation(security: Record<string, string>) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const { status, body } = publicError(new AppError('expectation_failed'))
    const text = JSON.stringify(body)
    // Whether a body follows is for the client to know: what comes after this request cannot be told from it.
    response.writeHead(status, {
      ...security,
      'x-request-id': requestId(request),
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
      connection: 'close',
    })
    response.end(text)
  }
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
    ['/docs', config.production ? 'person' : 'public'],
    // The files of the web app, the same for everybody.
    ['/assets/', 'public'],
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

  fastify.decorate('resourceMetadata', `${config.publicUrl}/.well-known/oauth-protected-resource`)
  dropStalledReaders(fastify.server, stalledMs)
  fastify.server.on('checkExpectation', refuseExpectation(security))

  // There once Nest is; asking Nest for it each time would cost every request.
  let made: Entry | undefined
  const entry = (): Entry => {
    made ??= app.get<Entry>(Entry)
    return made
  }

  const served = (url: string) => config.enableAuth || servedWithoutAuth(url)
  const allowedMethods = createAllowedMethods(() => routes.filter(({ url }) => served(url)))
  const logRequest = createRequestLog(logger)
  const durations = new Map<string, DistributionSeries>()
  const durationOf = (method: string, route: string, status: number): DistributionSeries => {
    const key = `${method} ${status} ${route}`
    let series = durations.get(key)
    if (!series) {
      const labels = { http_request_method: method, http_route: route, http_response_status_code: status }
      series = metrics.requestDuration.series(labels)
      durations.set(key, series)
    }
    return series
  }

  /** A step before the route; its errors are answered here, since a raw route meets no filter. */
  const step =
    (check: (request: FastifyRequest, reply: FastifyReply) => void | Promise<void>) =>
    (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => {
      const refused = (error: unknown) => sendError(request, reply, error, logger)
      try {
        const checking = check(request, reply)
        // At once where nothing has to be asked for: a promise more costs every request.
        if (checking) checking.then(() => done(), refused)
        else done()
      } catch (error) {
        refused(error)
      }
    }

  fastify.addHook('onRoute', (route) => {
    const limit = route.config?.bodyLimit ?? (route.url.startsWith('/auth/') ? authBodyLimit : undefined)
    if (limit !== undefined) route.bodyLimit = limit
    const library = libraries.find(([prefix]) => route.url.startsWith(prefix))?.[1]
    for (const method of [route.method].flat()) {
      const face = faces.get(`${method === 'HEAD' ? 'GET' : method} ${route.url}`)
      // Closed where nobody says anything.
      routes.push({ method, url: route.url, access: route.config?.access ?? face ?? library ?? 'person' })
    }
    const { access } = routes.at(-1) ?? { access: 'person' }
    const before = route.onRequest === undefined ? [] : [route.onRequest].flat()
    if (!served(route.url)) {
      route.onRequest = [(request, reply) => sendError(request, reply, new AppError('not_found'), logger)]
      return
    }
    if (access === 'public') return
    // Before the body is read: a stranger's 32 MiB are not worth the memory.
    route.onRequest = [step((request, reply) => entry().open(request, reply, access)), ...before]
    // And again once the body is here: its sender sets the pace, and may have lost session, role or account meanwhile.
    const confirm = (request: FastifyRequest) => entry().confirm(request, access)
    if (route.config?.relays && route.method === 'POST') {
      route.onRequest.push(bytesRoute(route.handler, route.bodyLimit ?? bodyLimit, confirm, logger))
      return
    }
    const handlers = route.preHandler === undefined ? [] : [route.preHandler].flat()
    route.preHandler = [step(confirm), ...handlers]
  })

  fastify.addHook('onRequest', (request, reply, done) => {
    if (!request.routeOptions.config?.relays) void reply.headers(security).header('x-request-id', request.id)
    const refusal = refuse(request)
    if (refusal) return done(refusal)
    // By the route, never by the address as it came, in which every letter can be written in another way.
    if (lifecycle.refusing() && !probes.has(request.routeOptions.url))
      return done(new AppError('shutting_down', { retryAfterSeconds: 5 }))
    if (request.is404) {
      const methods = allowedMethods(request.method, request.url)
      if (methods.length > 0) {
        void reply.header('allow', methods.join(', '))
        return done(
          new AppError('method_not_allowed', {
            message: `${request.method} is not allowed here, but ${methods.join(', ')}.`,
          }),
        )
      }
    }
    done()
  })
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    if (request.routeOptions.config?.relays) void reply.headers(security).header('x-request-id', request.id)
    done()
  })
  fastify.addHook('onResponse', (request, reply, done) => {
    const { url } = request.routeOptions
    const route = url ?? 'unknown'
    durationOf(request.method, route, reply.raw.statusCode).observe(reply.elapsedTime / 1000)
    // A probe comes every few seconds, and says nothing.
    if (!probes.has(url))
      logRequest({
        requestId: request.id,
        method: request.method,
        route,
        status: reply.raw.statusCode,
        durationMs: Math.round(reply.elapsedTime),
        principalId: request.user?.principal.id,
      })
    done()
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

const probes = new Set<string | undefined>(['/health', '/live', '/ping', '/ready', '/metrics'])

/** While ENABLE_AUTH is false: calls to models, and what tells how the gateway is; neither people nor their history. */
const servedWithoutAuth = (url: string) => url.startsWith('/v1/') || probes.has(url)

/** Requests that Node's parser lets through and that mean something else to the next program in line (RFC 9112). */
function refuse({ raw }: FastifyRequest): AppError | null {
  const { rawHeaders } = raw
  if (rawHeaders.length > 200) return new AppError('headers_too_large', { message: 'More than 100 headers.' })
  let hosts = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts++
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
