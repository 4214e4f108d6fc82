import { pino } from 'pino'
import type { Logger } from './logger.js'

/** A request that has been answered. */
export interface RequestLine {
  /** Well-formed: letters, digits and `._~:/=+-`. */
  requestId: string
  /** One that Node's parser knows. */
  method: string
  /** As it was registered, never the address as it came: a query may hold what somebody pasted into it. */
  route: string
  status: number
  durationMs: number
  /** A UUID. */
  principalId: string | undefined
}

/**
 * Logs requests at level `info`, as `logger.info` would, at a fraction of its cost: the fields are known, and none of
 * them needs an escape.
 */
export function createRequestLog(logger: Logger): (line: RequestLine) => void {
  const stream = (logger as unknown as Record<symbol, { lastLevel: number; write(line: string): void }>)[
    pino.symbols.streamSym
  ]
  const routes = new Map<string, string>()
  return (line) => {
    if (!stream || !logger.isLevelEnabled('info')) return
    let route = routes.get(line.route)
    if (route === undefined) {
      route = JSON.stringify(line.route)
      routes.set(line.route, route)
    }
    const principal = line.principalId === undefined ? '' : `,"principal_id":"${line.principalId}"`
    // What pino tells its streams before each line.
    stream.lastLevel = 30
    stream.write(
      `{"level":"info","time":"${new Date().toISOString()}","request_id":"${line.requestId}","method":"${line.method}","route":${route},"status":${line.status},"duration_ms":${line.durationMs}${principal},"msg":"request"}\n`,
    )
  }
}
