import type { IncomingMessage } from 'node:http'
import { pooledRandom } from './random-pool.js'

/** The caller's own id where it is well-formed, for correlation alone; ours otherwise. The ledger's key is neither. */
export function requestId(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && /^[A-Za-z0-9._~:/=+-]{8,128}$/.test(given) ? given : newRequestId()
}

/** `req_` and 24 characters. */
export const newRequestId = () => `req_${pooledRandom(18).toString('base64url')}`
