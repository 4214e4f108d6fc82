import type { IncomingMessage } from 'node:http'
import { AppError } from '@gatehouse/contracts'
import type { Logger } from '@gatehouse/platform'
import type { FastifyRequest, onRequestHookHandler, RouteOptions } from 'fastify'
import { sendError } from './error.filter.js'

/**
 * A last step before the body of a route that takes bytes: reads them and serves the request. Fastify's own way from
 * there to the handler costs a tenth of a small request that is passed on. What comes before it (the other steps, CORS)
 * and after it (the log, the metrics) stays as it is.
 * @param limit of the body in bytes
 * @param confirm runs once the body is here; its errors are the request's
 */
export function bytesRoute(
  handler: RouteOptions['handler'],
  limit: number,
  confirm: (request: FastifyRequest) => void | Promise<void>,
  logger: Logger,
): onRequestHookHandler {
  return (request, reply) => {
    const fail = (error: unknown) => sendError(request, reply, error, logger)
    const serve = (): unknown => handler.call(request.server, request, reply)
    readBytes(request.raw, limit, (error, body) => {
      if (error !== null) {
        // What the client goes on sending is not another request.
        void reply.header('connection', 'close')
        return fail(error)
      }
      request.body = body
      try {
        const confirming = confirm(request)
        const serving = confirming ? confirming.then(serve) : serve()
        if (serving instanceof Promise) serving.catch(fail)
      } catch (problem) {
        fail(problem)
      }
    })
  }
}

function readBytes(
  request: IncomingMessage,
  limit: number,
  done: (error: unknown, body: Buffer) => void,
): void {
  const parts: Buffer[] = []
  let size = 0
  const stop = () => request.off('data', take).off('end', end).off('error', fail)
  const fail = (error: unknown) => {
    stop()
    done(error, nothing)
  }
  const end = () => {
    stop()
    const [first] = parts
    done(null, parts.length === 1 && first ? first : Buffer.concat(parts, size))
  }
  const take = (part: Buffer) => {
    size += part.length
    if (size > limit) fail(new AppError('request_too_large'))
    else parts.push(part)
  }
  if (Number(request.headers['content-length']) > limit) done(new AppError('request_too_large'), nothing)
  else request.on('data', take).on('end', end).on('error', fail)
}

const nothing = Buffer.alloc(0)
