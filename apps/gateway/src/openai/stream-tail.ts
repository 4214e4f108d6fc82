import type { ChatChunk, Usage } from '@gatehouse/llm'

/** What became of an event stream that was passed on. */
export interface StreamEnd {
  /** `[DONE]` came. */
  whole: boolean
  usage: Usage | undefined
  finishReason: string | undefined
  /** How many events came; about one token each. */
  events: number
}

/** Watches an event stream on its way through. */
export interface Tail {
  /** An error of the provider inside the stream; nothing behind it goes on. */
  readonly error: unknown
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

const nothing = Buffer.alloc(0)

/** Passes whole events on; one that is cut waits for its rest. */
abstract class WholeEvents implements Tail {
  error: unknown
  /** What came since the last whole event, at the start of memory that grows twofold: a piece may be one byte. */
  private held: Buffer = nothing
  private heldLength = 0

  push(chunk: Buffer): Buffer {
    const { heldLength } = this
    const end = lastBoundary(chunk) || (heldLength === 0 ? 0 : this.endAcross(chunk))
    if (heldLength === 0) return this.pass(chunk, end)
    return end === 0 ? this.hold(chunk) : this.pass(Buffer.concat([this.take(), chunk]), heldLength + end)
  }

  /** Behind a blank line that stands on both sides of the cut; 0 where there is none. */
  private endAcross(chunk: Buffer): number {
    if (chunk[0] !== newline && chunk[1] !== newline) return 0
    const before = this.held.subarray(Math.max(0, this.heldLength - 3), this.heldLength)
    return Math.max(0, lastBoundary(Buffer.concat([before, chunk.subarray(0, 2)])) - before.length)
  }

  abstract readonly isWhole: boolean
  abstract finish(): Buffer
  abstract end(): StreamEnd
  /** Looks at whole events. @returns what of them goes on */
  protected abstract inspect(block: Buffer): Buffer

  /** What is held, which is no whole event; held no longer. */
  protected take(): Buffer {
    const bytes = this.held.subarray(0, this.heldLength)
    this.held = nothing
    this.heldLength = 0
    return bytes
  }

  private pass(bytes: Buffer, end: number): Buffer {
    if (end < bytes.length) this.hold(bytes.subarray(end))
    return end === 0 || this.error ? nothing : this.inspect(bytes.subarray(0, end))
  }

  private hold(bytes: Buffer): Buffer {
    const { held, heldLength } = this
    const length = heldLength + bytes.length
    if (length > maxEventBytes) this.error = new Error(`an event is larger than ${maxEventBytes} bytes`)
    else if (heldLength === 0) this.held = bytes
    else {
      if (length > held.length) {
        this.held = Buffer.allocUnsafe(length * 2)
        held.copy(this.held, 0, 0, heldLength)
      }
      bytes.copy(this.held, heldLength)
    }
    if (!this.error) this.heldLength = length
    return nothing
  }
}

/** Of what may tell how a stream ended, so much is kept. */
const endLength = 8 << 10
/** A figure or a reason; before the end both are null or not there, as a rule. */
const tellsEnd = /"finish_reason"\s*:\s*"|"usage"\s*:\s*\{/
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
  private events = 0
  /** The last blocks that may tell how the stream ended, as many as hold `endLength` bytes. */
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
    const events = eventsOf(this.last.map((block) => block.toString('utf8')).join(''))
    for (let index = events.length - 1; index >= 0 && !(usage && finishReason); index--) {
      const piece = parse(dataOf(events[index] ?? ''))
      usage ??= piece?.usage ?? undefined
      finishReason ??= piece?.choices?.[0]?.finish_reason ?? undefined
    }
    return { whole, usage, finishReason, events: this.events }
  }

  get isWhole(): boolean {
    return this.whole
  }

  protected inspect(block: Buffer): Buffer {
    // What comes behind the mark takes it back.
    if (this.whole && block.includes('data:')) this.whole = false
    // Whole events alone are here, and nothing follows the last ones of a stream: those are looked at, and no other.
    const from = lastEvents(block, 3)
    const end = block.toString('utf8', from)
    this.events += countEvents(from === 0 ? end : block.toString('latin1'))
    // Of the others nothing is kept: one small piece holds the memory that it shares with many.
    if (from > 0 || tellsEnd.test(end)) this.keep(block)
    if (block.includes(errorMember)) return this.sift(block.toString('utf8'))
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
      if (data !== '') this.whole = data === '[DONE]'
      if (event.includes('"error"') || (this.dropUsage && noChoices.test(event))) {
        const parsed = parse(data)
        if (isFailure(event, data, parsed)) {
          this.error = parsed ?? data
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

/** What ends a stream of typed events. */
const endings = new Set([
  // https://platform.openai.com/docs/api-reference/responses-streaming
  'response.completed',
  'response.incomplete',
  'response.failed',
  // https://docs.anthropic.com/en/docs/build-with-claude/streaming
  'message_stop',
  'speech.audio.done',
  'transcript.text.done',
  'image_generation.completed',
  'image_edit.completed',
])
/** Types whose events hold figures, and signs of an error. */
const telling =
  /"type"\s*:\s*"(?:response\.(?:completed|incomplete|failed)|message_start|message_delta|message_stop|speech\.audio\.done|transcript\.text\.done|image_generation\.completed|image_edit\.completed)"|"error"|event: ?error/

/** What is read of a usage; a provider may send any number of other names. */
const figures = [
  'input_tokens',
  'output_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
  'prompt_tokens',
  'completion_tokens',
] as const
const details = [
  ['prompt_tokens_details', 'cached_tokens'],
  ['input_tokens_details', 'cached_tokens'],
  ['completion_tokens_details', 'reasoning_tokens'],
  ['output_tokens_details', 'reasoning_tokens'],
] as const

/**
 * Watches a stream of events that say their type: of the Responses API, of Anthropic's Messages, of speech, of
 * transcriptions and of images. They go on as they came, up to an error of the provider: its words may hold our key.
 */
export class TypedEventTail extends WholeEvents {
  protected whole = false
  protected events = 0
  protected usage: Record<string, unknown> | undefined
  protected finishReason: string | undefined

  finish(): Buffer {
    const rest = this.take()
    // One that is cut inside its data is no event.
    const text = rest.toString('utf8')
    return telling.test(text) && parse(dataOf(text))
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
    const text = block.toString('utf8')
    this.events += countEvents(text)
    if (!telling.test(text)) return block
    return this.read(block, text, telling)
  }

  /** Looks into the events that `sign` points at. @returns what of the block goes on: all that is before an error */
  protected read(block: Buffer, text: string, sign: RegExp): Buffer {
    let length = 0
    for (const event of eventsOf(text)) {
      if (sign.test(event)) {
        const data = dataOf(event)
        const parsed = parse(data)
        if (parsed) this.note(parsed as TypedEvent)
        else this.noteText(data)
        if (isFailure(event, data, parsed)) {
          this.error = parsed ?? data
          return Buffer.from(text.slice(0, length))
        }
      }
      length += event.length
    }
    return block
  }

  /** Data that is no JSON object. */
  protected noteText(_data: string): void {}

  protected note({ type, response, message, usage, delta }: TypedEvent): void {
    if (endings.has(String(type))) this.whole = true
    // Each tells a part, as running totals: https://docs.anthropic.com/en/docs/build-with-claude/streaming#event-types
    for (const told of [message?.usage, response?.usage, usage])
      if (typeof told === 'object' && told !== null) this.usage = withFigures(this.usage ?? {}, told)
    const reason =
      delta?.stop_reason ?? response?.incomplete_details?.reason ?? (response ? response.status : undefined)
    if (typeof reason === 'string') this.finishReason = reason
  }
}

/** Writes the figures of one event over those before it; what it leaves open was told by another one before. */
function withFigures(usage: Record<string, unknown>, told: object): Record<string, unknown> {
  for (const name of figures) {
    const value: unknown = Reflect.get(told, name)
    if (value !== undefined && value !== null) usage[name] = value
  }
  for (const [name, figure] of details) {
    const detail: unknown = Reflect.get(told, name)
    const value: unknown =
      typeof detail === 'object' && detail !== null ? Reflect.get(detail, figure) : undefined
    if (value !== undefined && value !== null) usage[name] = { [figure]: value }
  }
  return usage
}

/** Texts of which one stands in every event that says something of its stream. */
const saying = /"(?:usage|error|finish_reason|type)"|\[DONE\]|event: ?error/

/**
 * Watches a stream of which nobody knows here what is in it: OpenAI's, one of typed events, or another. It goes on as it
 * came, up to an error of the provider. One that is known to have an end of its own is whole with it; any other one
 * with the end of its answer.
 */
export class PassedOnTail extends TypedEventTail {
  private isChat = false
  private isTyped = false
  private done = false

  /** Whatever came goes on. */
  override finish(): Buffer {
    const rest = this.take()
    return rest.length > 0 ? this.inspect(rest) : rest
  }

  override get isWhole(): boolean {
    return this.isChat ? this.done : !this.isTyped || this.whole
  }

  override end(): StreamEnd {
    return { ...super.end(), whole: this.isWhole }
  }

  protected override inspect(block: Buffer): Buffer {
    const text = block.toString('utf8')
    this.events += countEvents(text)
    return this.read(block, text, saying)
  }

  protected override noteText(data: string): void {
    if (data.trim() === '[DONE]') this.done = true
  }

  protected override note(event: TypedEvent): void {
    const { type, choices } = event
    if (Array.isArray(choices)) this.isChat = true
    if (type === 'message_start' || type === 'response.created') this.isTyped = true
    const [choice] = Array.isArray(choices) ? choices : []
    const reason: unknown = (choice as { finish_reason?: unknown } | undefined)?.finish_reason
    if (typeof reason === 'string') this.finishReason = reason
    super.note(event)
  }
}

/** Its own line: U+2028, which may stand in what a model says, ends none here. */
const errorName = /(?:^|[\r\n])event: ?error[ \t]*(?:[\r\n]|$)/

/**
 * An event says that the call failed: by its name, its type, or an error in it. One that cannot be read and speaks of
 * an error is taken for one: a provider's words may hold our key.
 */
function isFailure(event: string, data: string, parsed: Piece | undefined): boolean {
  if (errorName.test(event)) return true
  if (!parsed) return data.trimStart().startsWith('{') && data.includes('"error"')
  const { error, type, object, response } = parsed as TypedEvent
  return Boolean(error) || type === 'error' || object === 'error' || Boolean(response?.error)
}

interface TypedEvent {
  choices?: unknown
  error?: unknown
  object?: unknown
  type?: unknown
  usage?: object | null
  message?: { usage?: object | null } | null
  delta?: { stop_reason?: unknown } | null
  response?: {
    usage?: object | null
    status?: unknown
    incomplete_details?: { reason?: unknown } | null
    error?: unknown
  } | null
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
function countEvents(block: string): number {
  let count = 0
  for (let at = block.indexOf('\n\n'); at !== -1; at = block.indexOf('\n\n', at + 2)) count++
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
  if (!data.trimStart().startsWith('{')) return undefined
  try {
    return JSON.parse(data) as Piece
  } catch {
    return undefined
  }
}
