import { scrub, withoutSecrets } from './scrub.js'

/**
 * What the log is told in place of a foreign error. An error's cause is logged with its message and its stack, and those
 * of an SDK repeat the provider's body: prompts that it quotes, keys that no pattern knows.
 */
export class Trace extends Error {
  readonly code: string | undefined

  constructor(
    message: string,
    details: { code?: string | undefined; frames?: string; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? {} : { cause: details.cause })
    this.name = 'Trace'
    this.code = details.code
    this.stack = `${message}${details.frames ?? ''}`
  }
}

/** What an answer tells of itself beside its words. */
export interface AnswerFacts {
  status?: number | undefined
  requestId?: string | undefined
}

const plainId = /^[\w.:/=+-]{1,100}$/

/** The class of an error that a provider's words may stand in, and the facts; of a sentence of ours, the sentence. */
export function traceOf(error: unknown, secrets: readonly string[], facts: AnswerFacts = {}): Trace {
  if (error instanceof Trace) return error
  if (typeof error === 'string') return new Trace(scrub(error, secrets))
  const { status, requestId = '' } = facts
  const parts = [error instanceof Error ? error.constructor.name : typeof error]
  if (status !== undefined) parts.push(`status ${status}`)
  if (plainId.test(requestId)) parts.push(`request ${withoutSecrets(requestId, secrets)}`)
  return new Trace(parts.join(', '), { frames: framesOf(error) })
}

/** An error and its causes with their messages, scrubbed: for those of sockets and of credentials, which saw no prompt. */
export function quotedTrace(error: unknown, secrets: readonly string[], depth = 0): Trace {
  if (error instanceof Trace) return error
  if (!(error instanceof Error)) return traceOf(String(error), secrets)
  const { code } = error as { code?: unknown }
  // Four: as deep as a reader follows, and an end to a cause that points at itself.
  const follow = error.cause !== undefined && depth < 4
  return new Trace(`${error.constructor.name}: ${scrub(error.message, secrets)}`, {
    code: typeof code === 'string' && /^[A-Z][A-Z0-9_]*$/.test(code) ? code : undefined,
    ...(follow ? { cause: quotedTrace(error.cause, secrets, depth + 1) } : {}),
  })
}

/** Where a defect is: the frames of an error of the language. Its message stays behind, it may hold the value. */
function framesOf(error: unknown): string {
  const isDefect =
    error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError
  if (!isDefect || !error.stack) return ''
  const begin = error.stack.indexOf(error.message)
  if (begin === -1) return ''
  const frames = error.stack.slice(begin + error.message.length).match(/\n {4}at [^\n]+/g) ?? []
  return frames.join('')
}
