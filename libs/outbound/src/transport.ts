import { getCACertificates } from 'node:tls'
import {
  type Exchange,
  type ExchangeHandler,
  type OutboundRequest,
  startExchange,
  type Target,
  type Timeouts,
} from './exchange.js'
import { createFetch } from './fetch.js'
import { Pool } from './http1/pool.js'
import { type OutboundResponse, request } from './request.js'
import { TransportError } from './transport-error.js'

/** How a transport is built; everything has a default. */
export interface TransportOptions {
  /** Defaults: 5 s, 120 s, 60 s. A request may have its own. */
  timeouts?: Partial<Timeouts>
  /** Largest body of an answer in bytes that is not an event stream; 64 MiB. A request may have its own. */
  maxResponseBytes?: number
  /** Certificate authorities in PEM, trusted beside the system's. */
  certificateAuthorities?: string[]
}

/** Our one way out. Everything that leaves the process by HTTP goes through one of these. */
export interface Transport {
  /**
   * Sends a request and resolves with its head; the body streams with back-pressure.
   * @throws TransportError; the body throws it too when the exchange breaks later.
   */
  request(request: OutboundRequest): Promise<OutboundResponse>
  /** The same with callbacks, for a relay that passes bytes on as they come, encoded or not. */
  dispatch(request: OutboundRequest, handler: ExchangeHandler): Exchange
  /** A WHATWG `fetch` for SDKs that take one. Rejects with TransportError; a redirect is one. */
  readonly fetch: typeof globalThis.fetch
  /** The same way out, connections and all, with other times where a request says nothing. Closing it closes this one. */
  withTimeouts(timeouts: Partial<Timeouts>): Transport
  /** Ends every connection at once; what runs fails with `aborted`. */
  close(): Promise<void>
}

const megabyte = 1024 * 1024

/**
 * A transport with one keep-alive pool per origin. TLS is always verified; HTTP/1.1 only.
 * The origins are those of the configuration, so the number of pools is bounded.
 */
export function createTransport(options: TransportOptions = {}): Transport {
  const usual: Timeouts = { connectMs: 5_000, firstByteMs: 120_000, idleMs: 60_000, ...options.timeouts }
  const maxResponseBytes = options.maxResponseBytes ?? 64 * megabyte
  const pools = new Map<string, Pool>()
  /** A relay comes with the same few addresses again and again. */
  const known = new WeakMap<URL, Target>()
  let closed = false
  const authorities = options.certificateAuthorities && [
    ...getCACertificates('default'),
    ...options.certificateAuthorities,
  ]

  const targetOf = (url: URL): Target => {
    if (url.protocol !== 'https:' && url.protocol !== 'http:') {
      throw new TransportError('protocol', `${url.protocol} is not an address this transport goes to`)
    }
    if (url.username || url.password) {
      throw new TransportError('protocol', `${url.origin}: an address must not hold a user or password`)
    }
    const { origin, host } = url
    let pool = pools.get(origin)
    if (!pool) {
      pool = new Pool(new URL(origin), { authorities })
      pools.set(origin, pool)
    }
    const target = { pool, origin, host, path: url.pathname + url.search, href: url.href }
    known.set(url, target)
    return target
  }

  const close = async () => {
    closed = true
    for (const pool of pools.values()) pool.close()
    pools.clear()
  }

  const open = (timeouts: Timeouts): Transport => {
    const limits = { timeouts, maxResponseBytes }
    const dispatch = (outbound: OutboundRequest, handler: ExchangeHandler): Exchange => {
      if (closed) throw new TransportError('aborted', 'the transport is closed')
      const url = typeof outbound.url === 'string' ? new URL(outbound.url) : outbound.url
      const target = known.get(url)
      // An address that was changed since is another one.
      return startExchange(target?.href === url.href ? target : targetOf(url), outbound, limits, handler)
    }
    return {
      request: (outbound) => request(dispatch, outbound),
      dispatch,
      fetch: createFetch(dispatch),
      withTimeouts: (others) => open({ ...timeouts, ...others }),
      close,
    }
  }
  return open(usual)
}
