import { type ContentPart, KeptMessage } from '@gatehouse/contracts'
import { z } from 'zod'

/** What was said in a call, as its owner is shown it. */
interface SaidInCall {
  prompt: KeptMessage[] | null
  response: string | null
  parameters: Record<string, unknown> | null
}

/** Characters of the prompt, and of the response, that are shown at first: a prompt may have 20 MiB. */
const shownLength = 65_536

const known: ReadonlySet<string> = new Set<KeptMessage['role']>([
  'system',
  'developer',
  'user',
  'assistant',
  'tool',
])
const Kept = z.array(
  KeptMessage.extend({
    role: z.string().transform((role): KeptMessage['role'] => {
      // OpenAI's older name of it.
      if (role === 'function') return 'tool'
      return known.has(role) ? (role as KeptMessage['role']) : 'user'
    }),
  }),
)

/** The messages of a kept prompt; null for what is none. */
export function keptMessages(prompt: unknown): KeptMessage[] | null {
  return Kept.safeParse(prompt).data ?? null
}

/**
 * The beginning of what was said. Images are no text, and stay: together they have a MiB at most. What stands behind the
 * cut is left out whole.
 */
export function shortened({ prompt, response, parameters }: SaidInCall): SaidInCall & { truncated: boolean } {
  let left = shownLength
  let truncated = false
  const cut = (text: string): string => {
    if (text.length <= left) {
      left -= text.length
      return text
    }
    truncated = true
    const shown = wholeCharacters(text.slice(0, left))
    left = 0
    return shown
  }
  const messages: KeptMessage[] = []
  for (const { role, content } of prompt ?? []) {
    if (truncated) break
    messages.push({ role, content: typeof content === 'string' ? cut(content) : partsUpTo(content) })
  }
  function partsUpTo(parts: ContentPart[]): ContentPart[] {
    const shown: ContentPart[] = []
    for (const part of parts) {
      if (truncated) break
      shown.push(part.type === 'text' ? { type: 'text', text: cut(part.text) } : part)
    }
    return shown
  }
  const isLong = (text: string | null) => text !== null && text.length > shownLength
  const tooMany = isLong(parameters && JSON.stringify(parameters))
  return {
    prompt: prompt && messages,
    response: isLong(response) ? wholeCharacters((response ?? '').slice(0, shownLength)) : response,
    parameters: tooMany ? null : parameters,
    truncated: truncated || tooMany || isLong(response),
  }
}

/** Without half of a surrogate pair at its end, which has no UTF-8. */
const wholeCharacters = (text: string): string => text.replace(/[\uD800-\uDBFF]$/, '')
