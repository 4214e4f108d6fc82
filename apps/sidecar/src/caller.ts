import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isLoopback } from './settings.js'

/** Why a caller is turned away; undefined for one who may pass. */
export type CallerCheck = (request: IncomingMessage) => 'no_key' | 'wrong_key' | 'foreign_page' | undefined

/**
 * Who may use the identity. With a key: whoever brings it, as bearer or `api-key`. Without one we listen on loopback
 * alone, and every program there may; but a web page that a browser of this machine shows is not of this machine.
 */
export function createCallerCheck(key: string | undefined): CallerCheck {
  if (key === undefined) return ({ headers }) => (isForeign(headers.origin) ? 'foreign_page' : undefined)
  const expected = digest(key)
  return ({ headers }) => {
    const { authorization } = headers
    const single = headers['api-key']
    const brought = [
      /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1],
      typeof single === 'string' ? single : undefined,
    ]
    if (authorization === undefined && single === undefined) return 'no_key'
    // Digests are of one length, and comparing them takes as long whatever was brought.
    const matches = brought.map((each) => each !== undefined && timingSafeEqual(digest(each), expected))
    return matches.includes(true) ? undefined : 'wrong_key'
  }
}

/** Browsers send `Origin` with whatever a page posts, and with WebSockets; programs send none. */
function isForeign(origin: string | undefined): boolean {
  if (origin === undefined) return false
  return !URL.canParse(origin) || !isLoopback(new URL(origin).hostname)
}

const digest = (text: string) => createHash('sha256').update(text).digest()
