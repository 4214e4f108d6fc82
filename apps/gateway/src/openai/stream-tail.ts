import type { ChatChunk, Usage } from '@gatehouse/llm'

/** What became of an event stream that was passed on. */
export interface StreamEnd {
  /** `[DONE]` came. */
  whole: boolean
  usage: Usage | undefined
  finishReason: string | undefined
  /** Events with something in them; about one token each. */
  events: number
}

/** Larger single events are refused: one line that never ends would fill the memory. */
const maxEventBytes = 1 << 20

const newline = 0x0a
const carriageReturn = 0x0d

/**
 * Watches an OpenAI-shaped event stream on its way through, without parsing it event by event: whole events go on as
 * they came, an event that is cut waits for its rest. Only what ends a stream is looked into: its usage, its
 * `[DONE]`, and an error that the provider reports after its head.
 */
export class StreamTail {
  /** An error of the provider inside the stream; nothing behind it goes on. */
  error: unknown
  private held: Buffer | undefined
  private usageBlock: Buffer | undefined
  private finishBlock: Buffer | undefined
  private whole = false
  private events = 0

  /** @param dropUsage takes the event out that holds the usage alone: the caller did not ask for it */
  constructor(private readonly dropUsage: boolean) {}

  /** Takes bytes as they came. @returns what goes on now; empty where an event is not whole yet */
  push(chunk: Buffer): Buffer {
    const bytes = this.held ? Buffer.concat([this.held, chunk]) : chunk
    this.held = undefined
    const end = lastBoundary(bytes)
    if (end < bytes.length) {
      if (bytes.length - end > maxEventBytes) {
        this.error = new Error(`an event is larger than ${maxEventBytes} bytes`)
        return bytes.subarray(0, 0)
      }
      this.held = bytes.subarray(end)
    }
    return end === 0 ? bytes.subarray(0, 0) : this.inspect(bytes.subarray(0, end))
  }

  /** The stream is over. @returns what still goes on: a last event whose blank line never came */
  finish(): Buffer {
    const rest = this.held
    this.held = undefined
    return rest && /^data: ?\[DONE\]\s*$/.test(rest.toString('latin1'))
      ? this.inspect(Buffer.from('data: [DONE]\n\n'))
      : Buffer.alloc(0)
  }

  /** What is known of the stream now. */
  end(): StreamEnd {
    return {
      whole: this.whole,
      usage: this.usageBlock && lastOf(this.usageBlock, (chunk) => chunk.usage ?? undefined),
      finishReason:
        this.finishBlock &&
        lastOf(this.finishBlock, (chunk) => chunk.choices?.[0]?.finish_reason ?? undefined),
      events: this.events,
    }
  }

  private inspect(block: Buffer): Buffer {
    this.events += countEvents(block)
    const usage = block.lastIndexOf('"usage"')
    if (usage !== -1 && !isNull(block, usage + 7)) this.usageBlock = block
    if (block.includes('"finish_reason":"') || block.includes('"finish_reason": "')) this.finishBlock = block
    const done = block.includes('[DONE]')
    if (!done && !block.includes('"error"') && !(this.dropUsage && usage !== -1 && hasNoChoices(block)))
      return block
    return this.sift(block)
  }

  /** Looks at the events of a block one by one. */
  private sift(block: Buffer): Buffer {
    const kept: string[] = []
    for (const event of block.toString('utf8').split(/(?<=\r?\n\r?\n)/)) {
      const data = dataOf(event)
      if (data === '[DONE]') this.whole = true
      else if (data.startsWith('{')) {
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

function countEvents(block: Buffer): number {
  let count = 0
  for (let at = block.indexOf('data:'); at !== -1; at = block.indexOf('data:', at + 5)) count++
  return count
}

/** Whether `: null` follows; some providers send it with every piece. */
function isNull(block: Buffer, at: number): boolean {
  let index = at
  while (block[index] === 0x3a || block[index] === 0x20) index++
  return block[index] === 0x6e
}

function hasNoChoices(block: Buffer): boolean {
  return block.includes('"choices":[]') || block.includes('"choices": []')
}

function dataOf(event: string): string {
  return event
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(line[5] === ' ' ? 6 : 5))
    .join('\n')
}

type Piece = Partial<ChatChunk> & { error?: unknown }

function parse(data: string): Piece | undefined {
  try {
    return JSON.parse(data) as Piece
  } catch {
    return undefined
  }
}

function lastOf<T>(block: Buffer, read: (chunk: Piece) => T | undefined): T | undefined {
  let found: T | undefined
  for (const event of block.toString('utf8').split(/\r?\n\r?\n/)) {
    const data = dataOf(event)
    const piece = data.startsWith('{') ? parse(data) : undefined
    if (piece) found = read(piece) ?? found
  }
  return found
}
