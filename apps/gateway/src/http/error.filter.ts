import { AppError } from '@gatehouse/contracts'
import type { Logger } from '@gatehouse/platform'
import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { anthropicError } from '../anthropic/anthropic-error.js'
import { LOGGER } from '../tokens.js'
import { errorPage, isForPerson } from './error-page.js'
import { publicError, toAppError } from './public-error.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Address of what `ResourceController` tells; every 401 names it. */
    resourceMetadata?: string
  }
}

/** Answers every error of every route in the one shape. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp()
    sendError(http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>(), error, this.logger)
  }
}

const bodyBroken = (cause: unknown) =>
  new AppError('invalid_request', { message: 'The body broke off before its end.', cause })

/** Sends an error before the first byte of an answer; the cause goes to the log alone. */
export function sendError(
  request: FastifyRequest,
  reply: FastifyReply,
  error: unknown,
  logger: Logger,
): void {
  // Whoever leaves in the middle of a body resets the connection, as a database does that goes away.
  const broken = request.raw.destroyed && !request.raw.complete
  const known = publicError(broken ? bodyBroken(error) : error, request.server.resourceMetadata)
  const { status, body, headers, log } = known
  if (log)
    logger.error({ request_id: request.id, code: body.error.code, err: toAppError(error) }, 'request failed')
  if (reply.sent || reply.raw.headersSent) return
  void reply.code(status).headers(headers)
  if (isForPerson(request)) {
    void reply.type('text/html; charset=utf-8').send(errorPage(known, request))
    return
  }
  const envelope = request.routeOptions?.config?.errors === 'anthropic' ? anthropicError(body) : body
  void reply.type('application/json; charset=utf-8').send(envelope)
}
