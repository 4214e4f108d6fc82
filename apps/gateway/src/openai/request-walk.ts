import { maxValues } from '../http/json-body.js'
import { JsonWalk, type WalkProblem, weightOfOthers } from './json-walk.js'
import { references } from './referred-objects.js'

/** What a walk over the bytes of a request body found at its top level. */
export interface WalkedBody {
  /** Value of `model` where it is a text without escapes. */
  model: string | undefined
  /** Bytes of that value, quotes included. */
  modelStart: number
  modelEnd: number
  stream: boolean
  /** `stream_options` is there, whatever it holds. */
  hasStreamOptions: boolean
  /** First byte behind the opening brace. */
  bodyStart: number
  /** It may name something that the provider keeps: see `referred-objects.ts`. */
  mayRefer: boolean
  /** Something further in has an `id`. */
  hasIds: boolean
}

/**
 * 32 MiB of `[],[],` would be half a gigabyte of objects wherever the body is parsed. 100 000 texts, names, arrays and
 * objects parse in some 50 ms, and so many honest requests do not hold; numbers are cheap, and an embedding of tokens
 * may hold 300 000 of them: https://platform.openai.com/docs/api-reference/embeddings/create
 */
export const maxWeight = maxValues * weightOfOthers

/** With which the names of what refers begin. */
const firstBytes: ReadonlySet<number> = new Set([...references].map((name) => name.charCodeAt(0)))

/** Names at the top level that decide what is authorised, priced and relayed. */
const watched = ['model', 'stream', 'stream_options', 'n', 'max_tokens', 'max_completion_tokens'] as const
const watchedBytes = watched.map((name) => Buffer.from(name))

/**
 * Walks a request body once and finds what decides over the call.
 *
 * The `model` that is authorised and priced must be the `model` that the provider obeys. Parsers disagree on names that
 * come twice, that are written with escapes (`"mod\u0065l"`), or that differ in case alone (Go reads `Model` as
 * `model`): such a body is `unclear`, never guessed at.
 */
export function walkBody(body: Uint8Array): WalkedBody | WalkProblem {
  return new RequestWalk(body, maxWeight).read()
}

class RequestWalk extends JsonWalk {
  private seen = 0
  private readonly found: WalkedBody = {
    model: undefined,
    modelStart: 0,
    modelEnd: 0,
    stream: false,
    hasStreamOptions: false,
    bodyStart: 0,
    mayRefer: false,
    hasIds: false,
  }

  read(): WalkedBody | WalkProblem {
    const problem = this.walk()
    if (this.escapedWithin) this.found.mayRefer = true
    return problem ?? this.found
  }

  protected override begin(at: number): void {
    this.found.bodyStart = at
  }

  protected member(which: number, start: number, end: number): boolean {
    if (this.seen & (1 << which)) return false
    this.seen |= 1 << which
    const { found, bytes } = this
    const name = watched[which - 1]
    if (name === 'model') {
      if (bytes[start] !== 0x22 || this.escaped) return false
      found.model = Buffer.from(bytes.buffer, bytes.byteOffset + start + 1, end - start - 2).toString('utf8')
      found.modelStart = start
      found.modelEnd = end
    } else if (name === 'stream') {
      found.stream = bytes[start] === 0x74
      // true, false or null: a text or a number is read as one here and as the other there.
      return found.stream || bytes[start] === 0x66 || bytes[start] === 0x6e
    }
    if (name === 'stream_options') found.hasStreamOptions = true
    return true
  }

  protected override inner(start: number, end: number): void {
    const { bytes } = this
    const length = end - start
    const first = (bytes[start] ?? 0) | 0x20
    if (length === 2 && first === 0x69 && ((bytes[start + 1] ?? 0) | 0x20) === 0x64) this.found.hasIds = true
    // Before a text is made of it: a body of 1 MB may have 10,000 names.
    if (length < 5 || length > 20 || !firstBytes.has(first)) return
    const name = Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('latin1')
    if (references.has(name.toLowerCase())) this.found.mayRefer = true
  }

  /**
   * Place of a watched name, from 1; 0 for a name that nobody watches; -1 for one that only looks like a watched one.
   * Beyond ASCII some letters fold to plain ones (U+017F to s, U+212A to k): such a name is not compared but unclear.
   */
  protected name(start: number, end: number): number {
    if (this.escaped) return -1
    const { bytes } = this
    const length = end - start
    this.inner(start, end)
    for (let which = 0; which < watchedBytes.length; which++) {
      const name = watchedBytes[which]
      if (!name) continue
      if (name.length === length) {
        let exact = true
        let folded = true
        for (let index = 0; index < length; index++) {
          const byte = bytes[start + index] ?? 0
          const wanted = name[index] ?? 0
          if (byte === wanted) continue
          exact = false
          if ((byte | 0x20) !== wanted) {
            folded = false
            break
          }
        }
        if (exact) return which + 1
        if (folded) return -1
      }
    }
    // A name of a watched one's length in letters, some of them beyond ASCII.
    for (let index = start; index < end; index++) {
      if ((bytes[index] ?? 0) >= 0x80) return length <= 32 ? -1 : 0
    }
    return 0
  }
}
