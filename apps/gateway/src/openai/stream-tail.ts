import type { ChatChunk, Usage } from '@gatehouse/llm'

/** What became of an event stream that was passed on. */
export interface StreamEnd {
  /** `[DONE]` came. */
  whole: boolean
  usage: Usage | undefined
  finishReason: string | undefined
  /** About how many events came; about one token each. */
  events: number
}

/** Watches an event stream on its way through. */
export interface Tail {
  /** An error of the provider inside the stream; nothing behind it goes on. */
  readonly error: unknown
  /** The provider's own error event went on: nothing is to be said after it. */
  readonly toldError: boolean
  /** Takes bytes as they came. @returns what goes on now; empty where an event is not whole yet */
  push(chunk: Buffer): Buffer
  /** The stream is over. @returns what still goes on */
  finish(): Buffer
  /** Its own end has come. */
  readonly isWhole: boolean
  /** What is known of the stream now. */
  end(): StreamEnd
}

/**
 * Larger single events are refused: one line that never ends would fill the memory. A picture comes in one event, as
 * base64, and so do the arguments of a tool with some providers.
 */
const maxEventBytes = 16 << 20

const newline = 0x0a
const carriageReturn = 0x0d

/** Passes whole events on; one that is cut waits for its rest. */
abstract class WholeEvents implements Tail {
  error: unknown
  toldError = false
  /** What came since the last whole event, joined only once the event is whole. */
  private readonly held: Buffer[] = []
  private heldLength = 0

  push(chunk: Buffer): Buffer {
    const { held } = this
    if (held.length === 0) return this.pass(chunk, lastBoundary(chunk))
    // The blank line may stand on both sides of the cut, three bytes of it before.
    const before = Buffer.concat(held.slice(-3)).subarray(-3)
    const end = lastBoundary(Buffer.concat([before, chunk])) - before.length
    if (end > 0) {
      const heldLength = this.heldLength
      return this.pass(Buffer.concat([this.take(), chunk]), heldLength + end)
    }
    return this.hold(chunk)
  }

  abstract readonly isWhole: boolean
  abstract finish(): Buffer
  abstract end(): StreamEnd
  /** Looks at whole events. @returns what of them goes on */
  protected abstract inspect(block: Buffer): Buffer

  /** What is held, which is no whole event; held no longer. */
  protected take(): Buffer {
    this.heldLength = 0
    return Buffer.concat(this.held.splice(0))
  }

  private pass(bytes: Buffer, end: number): Buffer {
    if (end < bytes.length) this.hold(bytes.subarray(end))
    return end === 0 || this.error ? nothing : this.inspect(bytes.subarray(0, end))
  }

  private hold(bytes: Buffer): Buffer {
    this.held.push(bytes)
    this.heldLength += bytes.length
    if (this.heldLength > maxEventBytes)
      this.error = new Error(`an event is larger than ${maxEventBytes} bytes`)
    return nothing
  }
}

const nothing = Buffer.alloc(0)

/** Of the end of a stream so much is kept: what tells how it ended stands there. */
const endLength = 8 << 10
const separator = Buffer.from('\n\n')
const errorMember = Buffer.from('"error"')
const noChoices = /"choices"\s*:\s*\[\s*\]/
const doneMark = /^data: ?\[DONE\]\s*$/

/**
 * Watches an OpenAI-shaped event stream on its way through, without parsing it event by event: whole events go on as
 * they came, an event that is cut waits for its rest. Only what ends a stream is looked into: its last events, for the
 * usage and the `[DONE]`, and an error that the provider reports after its head.
 */
export class StreamTail extends WholeEvents {
  private whole = false
  private bytes = 0
  /** The last blocks, as many as hold `endLength` bytes. */
  private last: Buffer[] = []
  private lastLength = 0

  /** @param dropUsage takes the event out that holds the usage alone: the caller did not ask for it */
  constructor(private readonly dropUsage: boolean) {
    super()
  }

  /** A last event whose blank line never came goes on all the same. */
  finish(): Buffer {
    return doneMark.test(this.take().toString('latin1'))
      ? this.inspect(Buffer.from('data: [DONE]\n\n'))
      : nothing
  }

  end(): StreamEnd {
    const { whole } = this
    let usage: StreamEnd['usage']
    let finishReason: string | undefined
    // From the last one on: both stand in the last few, as a rule.
    const events = eventsOf(Buffer.concat(this.last).toString('utf8'))
    for (let index = events.length - 1; index >= 0 && !(usage && finishReason); index--) {
      const piece = parse(dataOf(events[index] ?? ''))
      usage ??= piece?.usage ?? undefined
      finishReason ??= piece?.choices?.[0]?.finish_reason ?? undefined
    }
    // Those that are gone were about as long as those that are kept.
    const count = this.lastLength === 0 ? 0 : Math.round((this.bytes / this.lastLength) * events.length)
    return { whole, usage, finishReason, events: count }
  }

  get isWhole(): boolean {
    return this.whole
  }

  protected inspect(block: Buffer): Buffer {
    this.bytes += block.length
    this.keep(block)
    if (block.includes(errorMember)) return this.sift(block.toString('utf8'))
    // Whole events alone are here, and nothing follows the last ones of a stream: those are looked at, and no other.
    const from = lastEvents(block, 3)
    const end = block.toString('utf8', from)
    if (!end.includes('[DONE]') && !(this.dropUsage && noChoices.test(end))) return block
    const sifted = this.sift(end)
    return from === 0 ? sifted : Buffer.concat([block.subarray(0, from), sifted])
  }

  private keep(block: Buffer): void {
    this.last.push(block)
    this.lastLength += block.length
    while (this.lastLength - (this.last[0]?.length ?? 0) >= endLength)
      this.lastLength -= this.last.shift()?.length ?? 0
  }

  /** Looks at events one by one. */
  private sift(text: string): Buffer {
    const kept: string[] = []
    for (const event of eventsOf(text)) {
      const data = dataOf(event)
      if (data === '[DONE]') this.whole = true
      else if (event.includes('"error"') || (this.dropUsage && noChoices.test(event))) {
        const parsed = parse(data)
        if (parsed?.error) {
          this.error = parsed
          break
        }
        if (this.dropUsage && parsed?.usage && Array.isArray(parsed.choices) && parsed.choices.length === 0)
          continue
      }
      kept.push(event)
    }
    return Buffer.from(kept.join(''))
  }
}

/** What ends a stream of typed events, and what says that it failed. */
const endings = new Map([
  // https://platform.openai.com/docs/api-reference/responses-streaming
  ['response.completed', 'whole'],
  ['response.incomplete', 'whole'],
  ['response.failed', 'whole'],
  // https://docs.anthropic.com/en/docs/build-with-claude/streaming
  ['message_stop', 'whole'],
  ['speech.audio.done', 'whole'],
  ['transcript.text.done', 'whole'],
  ['image_generation.completed', 'whole'],
  ['image_edit.completed', 'whole'],
  ['error', 'error'],
])
/** Types whose events hold figures. */
const telling =
  /"type"\s*:\s*"(response\.(?:completed|incomplete|failed)|message_start|message_delta|message_stop|speech\.audio\.done|transcript\.text\.done|image_generation\.completed|image_edit\.completed|error)"/

/**
 * Watches a stream of events that say their type: of the Responses API, of Anthropic's Messages, of speech, of
 * transcriptions and of images. They go on as they came, an error event and all.
 */
export class TypedEventTail extends WholeEvents {
  protected whole = false
  protected events = 0
  protected usage: Record<string, unknown> | undefined
  protected finishReason: string | undefined

  finish(): Buffer {
    const rest = this.take()
    return telling.test(rest.toString('utf8'))
      ? this.inspect(Buffer.concat([rest, Buffer.from('\n\n')]))
      : nothing
  }

  get isWhole(): boolean {
    return this.whole
  }

  end(): StreamEnd {
    const { whole, usage, finishReason, events } = this
    return { whole, usage: usage as StreamEnd['usage'], finishReason, events }
  }

  protected inspect(block: Buffer): Buffer {
    this.events += countEvents(block)
    const text = block.toString('utf8')
    if (!telling.test(text)) return block
    for (const event of eventsOf(text)) {
      const parsed = parse(dataOf(event)) as TypedEvent | undefined
      if (parsed) this.note(parsed)
    }
    return block
  }

  protected note({ type, response, message, usage, delta }: TypedEvent): void {
    const ending = endings.get(String(type))
    if (ending === 'whole') this.whole = true
    if (ending === 'error') this.toldError = true
    // Each tells a part, as running totals: https://docs.anthropic.com/en/docs/build-with-claude/streaming#event-types
    for (const told of [message?.usage, response?.usage, usage])
      if (typeof told === 'object' && told !== null) this.usage = { ...this.usage, ...withoutNulls(told) }
    const reason =
      delta?.stop_reason ?? response?.incomplete_details?.reason ?? (response ? response.status : undefined)
    if (typeof reason === 'string') this.finishReason = reason
  }
}

/** What an event leaves open was told by another one before. */
function withoutNulls(told: object): object {
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== null))
}

/** Texts of which one stands in every event that says something of its stream. */
const saying = /"(?:usage|error|finish_reason|type)"|\[DONE\]/

/**
 * Watches a stream of which nobody knows here what is in it: OpenAI's, one of typed events, or another. It goes on as it
 * came. One that is known to have an end of its own is whole with it; any other one with the end of its answer.
 */
export class PassedOnTail extends TypedEventTail {
  private isChat = false
  private isTyped = false
  private done = false

  /** Whatever came goes on. */
  override finish(): Buffer {
    const rest = this.take()
    if (rest.length > 0) this.inspect(rest)
    return rest
  }

  override get isWhole(): boolean {
    return this.isChat ? this.done : !this.isTyped || this.whole
  }

  override end(): StreamEnd {
    return { ...super.end(), whole: this.isWhole }
  }

  protected override inspect(block: Buffer): Buffer {
    this.events += countEvents(block)
    for (const event of eventsOf(block.toString('utf8'))) {
      if (!saying.test(event)) continue
      const data = dataOf(event)
      if (data.trim() === '[DONE]') this.done = true
      const parsed = parse(data) as TypedEvent | undefined
      if (typeof parsed === 'object' && parsed !== null) this.note(parsed)
    }
    return block
  }

  protected override note(event: TypedEvent): void {
    const { type, choices, error } = event
    if (Array.isArray(choices)) this.isChat = true
    if (type === 'message_start' || type === 'response.created') this.isTyped = true
    if (typeof error === 'object' && error !== null) this.toldError = true
    const [choice] = Array.isArray(choices) ? choices : []
    const reason: unknown = (choice as { finish_reason?: unknown } | undefined)?.finish_reason
    if (typeof reason === 'string') this.finishReason = reason
    super.note(event)
  }
}

interface TypedEvent {
  choices?: unknown
  error?: unknown
  type?: unknown
  usage?: object | null
  message?: { usage?: object | null }
  delta?: { stop_reason?: unknown }
  response?: { usage?: object | null; status?: unknown; incomplete_details?: { reason?: unknown } | null }
}

/** Behind the last blank line; 0 where there is none. */
function lastBoundary(bytes: Buffer): number {
  for (let at = bytes.length - 1; at > 0; ) {
    const end = bytes.lastIndexOf(newline, at)
    if (end <= 0) return 0
    const before = bytes[end - 1]
    if (before === newline || (before === carriageReturn && bytes[end - 2] === newline)) return end + 1
    at = end - 1
  }
  return 0
}

/** Events end with an empty line; those of CR and LF are counted by their data. */
function countEvents(block: Buffer): number {
  let count = 0
  for (let at = block.indexOf(separator); at !== -1; at = block.indexOf(separator, at + 2)) count++
  if (count > 0) return count
  for (let at = block.indexOf('data:'); at !== -1; at = block.indexOf('data:', at + 5)) count++
  return count
}

/** Where the last few events of a block begin; 0 where their lines end in another way. */
function lastEvents(block: Buffer, count: number): number {
  let at = block.length - 2
  for (let index = 0; index < count; index++) {
    at = at <= 0 ? -1 : block.lastIndexOf(separator, at - 1)
    if (at === -1) return 0
  }
  return at + 2
}

/** Each with the empty line that ends it; what stands behind the last such line too. */
function eventsOf(text: string): string[] {
  if (text.includes('\r')) return text.split(/(?<=\r?\n\r?\n)/)
  const events: string[] = []
  let from = 0
  for (let at = text.indexOf('\n\n'); at !== -1; at = text.indexOf('\n\n', from)) {
    events.push(text.slice(from, at + 2))
    from = at + 2
  }
  if (from < text.length) events.push(text.slice(from))
  return events
}

function dataOf(event: string): string {
  // As nearly all of them are: one line of data and the empty one.
  if (event.startsWith('data: ') && event.indexOf('\n') === event.length - 2) return event.slice(6, -2)
  return event
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(line[5] === ' ' ? 6 : 5))
    .join('\n')
}

type Piece = Partial<ChatChunk> & { error?: unknown }

function parse(data: string): Piece | undefined {
  // `[DONE]`, comments and nothing at all are common, and an error that is thrown is dear.
  if (!data.startsWith('{')) return undefined
  try {
    return JSON.parse(data) as Piece
  } catch {
    return undefined
  }
}
