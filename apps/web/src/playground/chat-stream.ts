/** What a stream of `POST /v1/chat/completions` says, piece by piece. */
export type ChatEvent =
  | { kind: 'text'; text: string }
  | { kind: 'reasoning'; text: string }
  | { kind: 'finish'; reason: string }
  | { kind: 'usage'; input: number; output: number; cost: number | null }
  | { kind: 'error'; message: string; code: string | null }
  | { kind: 'done' }

/** Without it a line that never ends would fill the memory of the page. */
const longestEvent = 32 << 20

/** Reads server-sent events out of bytes, however they are cut. */
export class ChatStream {
  readonly #decoder = new TextDecoder()
  #rest = ''

  /** @returns what the events that are whole by now say */
  push(bytes: Uint8Array): ChatEvent[] {
    this.#rest += this.#decoder.decode(bytes, { stream: true })
    const events: ChatEvent[] = []
    const boundary = /\r\n\r\n|\n\n|\r\r/g
    let start = 0
    for (let found = boundary.exec(this.#rest); found; found = boundary.exec(this.#rest)) {
      events.push(...meaningOf(this.#rest.slice(start, found.index)))
      start = boundary.lastIndex
    }
    this.#rest = this.#rest.slice(start)
    if (this.#rest.length > longestEvent)
      return [
        ...events,
        { kind: 'error', message: 'The answer holds a piece that is too large.', code: null },
      ]
    return events
  }

  /** @returns what the last event says where the stream ended without the blank line behind it */
  finish(): ChatEvent[] {
    const rest = this.#rest + this.#decoder.decode()
    this.#rest = ''
    return meaningOf(rest)
  }
}

/** Fields of an event that is of no kind but OpenAI's own are read; whatever it is else is nothing to us. */
function meaningOf(event: string): ChatEvent[] {
  const data: string[] = []
  for (const line of event.split(/\r\n|\n|\r/)) {
    if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5))
    else if (/^event: ?(?!error\s*$|message\s*$|\s*$)/.test(line)) return []
  }
  const text = data.join('\n').trim()
  if (text === '') return []
  if (text === '[DONE]') return [{ kind: 'done' }]
  let piece: unknown
  try {
    piece = JSON.parse(text)
  } catch {
    return []
  }
  return isObject(piece) ? pieceEvents(piece) : []
}

function pieceEvents({ error, choices, usage }: Record<string, unknown>): ChatEvent[] {
  if (error !== undefined && error !== null) {
    const { message, code } = isObject(error) ? error : { message: error, code: null }
    return [
      {
        kind: 'error',
        message:
          typeof message === 'string' && message !== ''
            ? message
            : 'The provider ended the answer with an error.',
        code: typeof code === 'string' ? code : null,
      },
    ]
  }
  const events: ChatEvent[] = []
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
  if (isObject(choice)) {
    const delta = isObject(choice.delta) ? choice.delta : {}
    const reasoning = delta.reasoning_content ?? delta.reasoning
    if (typeof reasoning === 'string' && reasoning !== '') events.push({ kind: 'reasoning', text: reasoning })
    for (const text of [delta.content, delta.refusal])
      if (typeof text === 'string' && text !== '') events.push({ kind: 'text', text })
    if (typeof choice.finish_reason === 'string')
      events.push({ kind: 'finish', reason: choice.finish_reason })
  }
  if (isObject(usage) && typeof usage.prompt_tokens === 'number')
    events.push({
      kind: 'usage',
      input: usage.prompt_tokens,
      output: typeof usage.completion_tokens === 'number' ? usage.completion_tokens : 0,
      cost: typeof usage.cost === 'number' ? usage.cost : null,
    })
  return events
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
