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
 * says cannot be taken for them: within a text of JSON its quotes have a backslash before them.
 * @returns null for what is no JSON object by its first and last byte
 */
export function readAnswer(answer: Buffer): AnswerFigures | null {
  let start = 0
  let end = answer.length - 1
  while (start < end && isSpace(answer[start])) start++
  while (end > start && isSpace(answer[end])) end--
  if (answer[start] !== 0x7b || answer[end] !== 0x7d) return null
  const choices = answer.indexOf('"choices"')
  const begin = answer.toString('latin1', 0, endLength)
  const figures = figuresIn(answer.toString('latin1', Math.max(0, answer.length - endLength)))
  if (figures.usage === undefined && answer.length > endLength) {
    // Some providers put it first.
    const usage = usageIn(begin)
    if (usage !== undefined) figures.usage = usage
  }
  figures.finishReason ??= statusIn(begin)
  return {
    ...figures,
    hasChoices:
      choices !== -1 &&
      /^"choices"\s*:\s*\[\s*[^\]\s]/.test(answer.toString('latin1', choices, choices + 40)),
  }
}

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

function usageIn(text: string): unknown {
  let start = text.lastIndexOf('"usage"')
  // A text of that name is the caller's own: some APIs repeat its `metadata` behind their figures.
  while (start > 0 && /^"usage"\s*:\s*"/.test(text.slice(start, start + 40)))
    start = text.lastIndexOf('"usage"', start - 1)
  if (start === -1) return undefined
  // Two levels: details stand inside. Names and numbers hold no brace.
  const found = /^"usage"\s*:\s*(\{(?:[^{}]|\{[^{}]*\})*\})/.exec(text.slice(start, start + 2000))
  if (!found?.[1]) return undefined
  try {
    return JSON.parse(found[1])
  } catch {
    return undefined
  }
}

const isSpace = (byte: number | undefined) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
