import { buildConnector, Pool } from 'undici'

/** The connections to one origin. */
export interface Origin {
  pool: Pool
  /** Exchanges that have no connection yet. */
  waiting: number
}

/** How connections are made. */
export interface ConnectionOptions {
  /** Milliseconds after which an attempt is given up that nobody waits for any more. */
  connectMs: number
  /** Certificate authorities in PEM, in place of the system's. */
  authorities?: string[] | undefined
}

/** A keep-alive pool for one origin: HTTP/1.1, no pipelining, TLS always verified. */
export function createOrigin(address: string, { connectMs, authorities }: ConnectionOptions): Origin {
  const connect = buildConnector({
    ...(authorities ? { ca: authorities } : {}),
    rejectUnauthorized: true,
    timeout: connectMs,
  })
  const origin: Origin = {
    waiting: 0,
    pool: new Pool(address, {
      // Long enough for the pause in a conversation; a server that keeps less says so in `Keep-Alive`, and a socket
      // that it has closed meanwhile is noticed before it is used.
      keepAliveTimeout: 30_000,
      pipelining: 1,
      connect(options, callback) {
        // undici connects anew after every abort, for the request that was aborted. A microtask later, since the next
        // request may come in the same turn.
        queueMicrotask(() => {
          if (origin.waiting > 0) connect(options, callback)
          else callback(new Error('Nobody waits for this connection any more.'), null)
        })
      },
    }),
  }
  return origin
}
