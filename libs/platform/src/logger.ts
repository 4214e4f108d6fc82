import { pino } from 'pino'
import { createStream } from 'rotating-file-stream'
import { makeFolder } from './folder.js'
import { LineBuffer } from './line-buffer.js'
import { redact } from './redact.js'

/** Structured logger: an object of fields, then a message. */
export type Logger = pino.Logger

/** Settings of `createLogger`. */
export interface LoggerOptions {
  level: string
  /** Folder for `gatehouse.log` and four older files of 10 MB each; standard output only when absent. */
  directory?: string | undefined
  /** Coloured lines for a terminal in place of JSON. */
  pretty?: boolean
}

const levels: Record<number, string> = {
  10: 'TRACE',
  20: 'DEBUG',
  30: 'INFO ',
  40: 'WARN ',
  50: 'ERROR',
  60: 'FATAL',
}

/** Writes a line of JSON that holds nothing to redact, for `createRequestLog`; such lines may wait for others. */
export const plainLines = new WeakMap<Logger, (line: string) => void>()

/**
 * JSON lines in production, one readable line per event on a terminal. Every line is passed through `redact`, so a
 * credential inside a message or an error never reaches a log; the control characters of a message cannot make a
 * second line, since each entry is one JSON document.
 */
export function createLogger(options: LoggerOptions): Logger {
  const streams: { stream: { write(line: string): void }; level: pino.Level }[] = []
  const level = options.level as pino.Level
  const terminal = process.stdout
  const buffers: LineBuffer[] = []
  const plain: ((line: string) => void)[] = []
  const buffered = (write: (text: string) => void) => {
    const buffer = new LineBuffer(write)
    buffers.push(buffer)
    plain.push((line) => buffer.push(line, false))
    // All but request lines is written at once.
    return { write: (line: string) => buffer.push(redact(line), true) }
  }
  const pretty = { write: (line: string) => void terminal.write(readable(line)) }
  if (options.pretty) plain.push(pretty.write)
  streams.push({
    level,
    stream: options.pretty ? pretty : buffered((text) => void terminal.write(text)),
  })
  if (options.directory) {
    makeFolder(options.directory)
    const file = createStream('gatehouse.log', { path: options.directory, size: '10M', maxFiles: 4 })
    // A full disk must not end the process: logs are dropped, the terminal still has them.
    file.on('error', (error) => terminal.write(`log file: ${error.message}\n`))
    streams.push({ level, stream: buffered((text) => void file.write(text)) })
  }
  process.once('exit', () => {
    for (const buffer of buffers) buffer.flush()
  })
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: serializeError, cause: serializeError },
    },
    pino.multistream(streams),
  )
  plainLines.set(logger, (line) => {
    for (const write of plain) write(line)
  })
  return logger
}

/** An error and its causes as plain fields: names, messages and stack; no other property is taken over. */
export function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error === undefined ? undefined : String(error)
  return {
    name: error.name,
    message: error.message,
    ...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}),
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: serializeError(error.cause) }),
  }
}

function readable(line: string): string {
  const { level, time, msg, err, ...rest } = JSON.parse(line) as Record<string, unknown>
  const label = typeof level === 'string' ? level.toUpperCase().padEnd(5) : (levels[Number(level)] ?? '')
  const fields = Object.entries(rest).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const trace = err ? `\n${(err as { stack?: string }).stack ?? JSON.stringify(err)}` : ''
  return redact(`${String(time).slice(11, 19)} ${label} ${String(msg ?? '')} ${fields.join(' ')}${trace}\n`)
}
