/** What is written, from most to least. */
const levels = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof levels)[number]

/** Writes one JSON document for each event. */
export type Log = Record<LogLevel, (message: string, fields?: Record<string, unknown>) => void> & {
  /** Whether requests are worth a line. */
  readonly isDebug: boolean
}

/** Whether a text names a level. */
export const isLogLevel = (text: string): text is LogLevel => levels.some((level) => level === text)

/** A JWT, or what follows `Bearer`: none is ever put into a message, and other servers' messages are passed on in part. */
const credential = /\beyJ[\w-]{8,}(?:\.[\w-]*)*|\bBearer\s+[\w\-.~+/]+=*/g

/** A log of JSON lines, in the shape of the gateway's. */
export function createLog(least: LogLevel, write: (line: string) => void): Log {
  const from = levels.indexOf(least)
  const at = (level: LogLevel) => (message: string, fields?: Record<string, unknown>) => {
    if (levels.indexOf(level) < from) return
    const line = JSON.stringify({ level, time: new Date().toISOString(), ...fields, msg: message })
    write(`${line.replace(credential, '[credential]')}\n`)
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), isDebug: from === 0 }
}
