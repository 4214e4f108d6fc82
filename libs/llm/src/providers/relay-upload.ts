import { Readable } from 'node:stream'
import { AppError } from '@gatehouse/contracts'
import type { RelayRequest } from '../provider.js'

/** Whether a body is bytes, all of them at hand. */
export function isBytes(body: RelayRequest['body']): body is Uint8Array | readonly Uint8Array[] {
  return body instanceof Uint8Array || Array.isArray(body)
}

/** A body that is a stream, and what became of it. */
export interface Upload {
  stream: Readable
  /** Why it broke, where it did. */
  problem(): AppError | undefined
}

/** The stream that a body is; undefined for bytes, and where there is no body. */
export function toUpload(body: RelayRequest['body']): Upload | undefined {
  if (body === undefined || isBytes(body)) return undefined
  // The transport destroys what it does not send to the end.
  const pieces = body instanceof Readable ? body.iterator({ destroyOnReturn: false }) : body
  const stream = Readable.from(pieces, { objectMode: false })
  let problem: AppError | undefined
  stream.once('error', (cause) => {
    problem =
      cause instanceof AppError
        ? cause
        : new AppError('invalid_request', { message: 'The body broke off before its end.', cause })
  })
  return { stream, problem: () => problem }
}
