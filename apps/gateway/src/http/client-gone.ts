import type { FastifyReply } from 'fastify'

/** Why a call was ended when its caller went away. */
export class ClientGone extends Error {
  constructor() {
    super('the client went away')
    this.name = 'ClientGone'
  }
}

/**
 * A signal that aborts when the client leaves before its answer is whole. (The `close` of the request itself comes
 * as soon as its body is read, so it is the response that tells.)
 */
export function clientGone(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  const { raw } = reply
  if (raw.destroyed && !raw.writableFinished) controller.abort(new ClientGone())
  raw.once('close', () => {
    if (!raw.writableFinished) controller.abort(new ClientGone())
  })
  return controller.signal
}
