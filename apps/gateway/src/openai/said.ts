/** One text of a prompt, with who said it. */
export interface Said {
  role: string
  content: string
}

/**
 * What a request says to a model, as it is counted: of chat messages (OpenAI's and
 * Anthropic's), of `input`, and of `prompt`.
 */
export function saidIn(request: Record<string, unknown>): Said[] {
  const said: Said[] = []
  const { system, instructions, messages, input, prompt } = request
  for (const text of [system, instructions])
    if (given(text)) said.push({ role: 'system', content: textOf(text) })
  for (const list of [messages, input]) {
    if (!Array.isArray(list)) continue
    for (const each of list) {
      const isMessage = typeof each === 'object' && each !== null && 'content' in each
      const role: unknown = isMessage && 'role' in each ? each.role : undefined
      said.push({
        role: typeof role === 'string' ? role : 'user',
        content: textOf(isMessage ? (each.content ?? '') : each),
      })
    }
  }
  if (typeof input === 'string') said.push({ role: 'user', content: input })
  if (given(prompt)) said.push({ role: 'user', content: textOf(prompt) })
  return said
}

const given = (value: unknown) => value !== undefined && value !== null && value !== ''

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

/** What an answer says: of chat, of completions, of the Responses API, and of Anthropic's Messages. */
export function answerIn(answer: object): string {
  const { choices, output, content } = answer as Fields
  const [choice] = listOf(choices)
  if (choice) return String(fieldsOf(choice.message).content ?? choice.text ?? '')
  return [...listOf(content), ...listOf(output).flatMap((item) => listOf(item.content))]
    .map(({ text }) => (typeof text === 'string' ? text : ''))
    .join('')
}

/** Longer answers are kept to here, in characters: a stream has no end that it tells before. */
const maxKept = 4 << 20

/** What a stream says, gathered from its events as they pass. */
export class SaidInStream {
  text = ''

  /** @param events whole ones, in bytes */
  push(events: Buffer): void {
    if (this.text.length > maxKept) return
    for (const [, data = ''] of events.toString('utf8').matchAll(/^data: ?(\{.*)$/gm))
      this.text += pieceIn(data)
  }
}

function pieceIn(data: string): string {
  try {
    const { type, choices, delta } = JSON.parse(data) as Fields
    const [choice] = listOf(choices)
    if (choice) return String(fieldsOf(choice.delta).content ?? choice.text ?? '')
    if (type === 'response.output_text.delta') return String(delta ?? '')
    return type === 'content_block_delta' ? String(fieldsOf(delta).text ?? '') : ''
  } catch {
    return ''
  }
}

type Fields = Record<string, unknown>

const fieldsOf = (value: unknown) => (typeof value === 'object' && value !== null ? (value as Fields) : {})
const listOf = (value: unknown) => (Array.isArray(value) ? value.map(fieldsOf) : [])
