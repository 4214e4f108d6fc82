import { JsonWalk } from './json-walk.js'

/** The few things of an answer that are needed of one that is passed on as bytes. */
export interface AnswerFigures {
  /** Value of `usage`, parsed. */
  usage: unknown
  /** Why the first choice ended, where there are choices. */
  finishReason: string | undefined
  /** `choices` is a list with something in it. */
  hasChoices: boolean
}

/** Of a longer text the usage is looked for here, where it stands as a rule. */
const endLength = 4 << 10

/**
 * Reads the figures of an answer without parsing it, which would cost more than all the rest of the way. What a model
 * says cannot be taken for them: within a text of JSON its quotes have a backslash before them. Nor can what the caller
 * has repeated to itself, as the schema of a tool: the usage is that of the top level.
 * @returns null for what is no JSON object by its first and last byte
 */
export function readAnswer(answer: Buffer): AnswerFigures | null {
  let start = 0
  let end = answer.length - 1
  while (start < end && isSpace(answer[start])) start++
  while (end > start && isSpace(answer[end])) end--
  if (answer[start] !== 0x7b || answer[end] !== 0x7d) return null
  const last = answer.toString('latin1', Math.max(0, answer.length - endLength))
  const isWhole = last.length === answer.length
  const choices = isWhole ? last.indexOf('"choices"') : answer.indexOf(choicesName)
  const { usage, finishReason } = figuresIn(last)
  return {
    // Some providers put it first, or much behind it.
    usage: usage ?? (answer.includes(usageMember) ? new UsageWalk(answer).read() : undefined),
    finishReason: finishReason ?? statusIn(answer.toString('latin1', 0, endLength)),
    hasChoices: choices !== -1 && someChoice.test(answer.toString('latin1', choices, choices + 40)),
  }
}

const choicesName = Buffer.from('"choices"')
const usageMember = Buffer.from('"usage"')
const someChoice = /^"choices"\s*:\s*\[\s*[^\]\s]/

/** The figures at the end of an answer. */
export function figuresIn(end: string): Pick<AnswerFigures, 'usage' | 'finishReason'> {
  // The first choice's in OpenAI's shape; in Anthropic's there is one, behind all that a model says.
  const openai = end.indexOf('"finish_reason"')
  const at = openai === -1 ? end.lastIndexOf('"stop_reason"') : openai
  const finishReason =
    at === -1 ? undefined : /^"(?:finish|stop)_reason"\s*:\s*"(\w+)"/.exec(end.slice(at, at + 80))?.[1]
  return { usage: usageIn(end), finishReason }
}

/** How an answer of the Responses API ended: https://platform.openai.com/docs/api-reference/responses/object */
function statusIn(begin: string): string | undefined {
  const [, status] = /^[^{]*\{[^{[]*"object"\s*:\s*"response"[^{[]*"status"\s*:\s*"(\w+)"/.exec(begin) ?? []
  const [, reason] = /"incomplete_details"\s*:\s*\{\s*"reason"\s*:\s*"(\w+)"/.exec(begin) ?? []
  return status === undefined ? undefined : (reason ?? status)
}

/** The caller may have put the name into what is repeated behind the figures, as `metadata`: so many are tried. */
const maxTried = 8

/**
 * The usage in the end of an answer. From its name on, the rest reads as the members of one object with that object's
 * end: so it stands at the top level, where no text of the caller's and of the model's can.
 * @returns undefined where there is none
 */
function usageIn(end: string): unknown {
  let start = end.lastIndexOf('"usage"')
  for (let tried = 0; start !== -1 && tried < maxTried; tried++) {
    if (end[start - 1] !== '\\') {
      const members = parse(`{${end.slice(start)}`)
      if (members) return Reflect.get(members, 'usage') ?? undefined
    }
    start = start === 0 ? -1 : end.lastIndexOf('"usage"', start - 1)
  }
  return undefined
}

const usageName = Buffer.from('usage')

/** Finds the usage of the top level wherever it stands. */
class UsageWalk extends JsonWalk {
  private found: string | undefined

  read(): unknown {
    if (this.walk() !== null || this.found === undefined) return undefined
    const members = parse(`{"usage":${this.found}}`)
    return members ? (Reflect.get(members, 'usage') ?? undefined) : undefined
  }

  protected name(start: number, end: number): number {
    return end - start === usageName.length && usageName.equals(this.bytes.subarray(start, end)) ? 1 : 0
  }

  protected member(_which: number, start: number, end: number): boolean {
    this.found = Buffer.from(this.bytes.subarray(start, end)).toString('utf8')
    return true
  }
}

function parse(text: string): object | undefined {
  try {
    return JSON.parse(text) as object
  } catch {
    return undefined
  }
}

const isSpace = (byte: number | undefined) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
