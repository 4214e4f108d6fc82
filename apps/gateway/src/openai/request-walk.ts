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
}

/**
 * Why a body cannot be passed on as it came: `unclear` has to go through the full parser and be written anew,
 * `invalid` is no JSON object, `deep` is nested beyond the limit.
 */
export type WalkProblem = 'unclear' | 'invalid' | 'deep'

/** Deeper JSON is refused: a recursive reader at the provider must not run out of stack by us. */
export const maxDepth = 64

/** Names at the top level that decide what is authorised, priced and relayed. */
const watched = ['model', 'stream', 'stream_options', 'n', 'max_tokens', 'max_completion_tokens'] as const
const watchedBytes = watched.map((name) => Buffer.from(name))

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/**
 * Walks a JSON body once, without building it, and checks it in full: what passes here is JSON by RFC 8259 to any
 * parser.
 *
 * The `model` that is authorised and priced must be the `model` that the provider obeys. Parsers disagree on names that
 * come twice, that are written with escapes (`"mod\u0065l"`), or that differ in case alone (Go reads `Model` as
 * `model`): such a body is `unclear`, never guessed at.
 */
export function walkBody(body: Uint8Array): WalkedBody | WalkProblem {
  return new Walk(body).object()
}

class Walk {
  private at = 0
  private readonly end: number
  private readonly words: Uint32Array | null
  private escaped = false
  private readonly found: WalkedBody = {
    model: undefined,
    modelStart: 0,
    modelEnd: 0,
    stream: false,
    hasStreamOptions: false,
    bodyStart: 0,
  }

  constructor(private readonly bytes: Uint8Array) {
    this.end = bytes.length
    // Four bytes at a time inside of long texts, where the memory is aligned for it.
    this.words =
      (bytes.byteOffset & 3) === 0 ? new Uint32Array(bytes.buffer, bytes.byteOffset, this.end >> 2) : null
  }

  object(): WalkedBody | WalkProblem {
    const { found } = this
    this.space()
    if (this.bytes[this.at] !== openBrace) return 'invalid'
    found.bodyStart = ++this.at
    let seen = 0
    this.space()
    if (this.bytes[this.at] === closeBrace) return this.tail(this.at + 1)
    for (;;) {
      if (this.bytes[this.at] !== quote) return 'invalid'
      const nameStart = this.at + 1
      if (!this.text()) return 'invalid'
      const which = this.escaped ? -1 : this.nameAt(nameStart, this.at - 1)
      if (which === -1) return 'unclear'
      this.space()
      if (this.bytes[this.at] !== colon) return 'invalid'
      this.at++
      this.space()
      const start = this.at
      const problem = this.value()
      if (problem) return problem
      if (which > 0) {
        if (seen & (1 << which)) return 'unclear'
        seen |= 1 << which
        if (!this.take(watched[which - 1], start)) return 'unclear'
      }
      this.space()
      const next = this.bytes[this.at]
      if (next === closeBrace) return this.tail(this.at + 1)
      if (next !== comma) return 'invalid'
      this.at++
      this.space()
    }
  }

  /** Nothing but space may follow the object: a second document would be another request to some parsers. */
  private tail(at: number): WalkedBody | WalkProblem {
    this.at = at
    this.space()
    return this.at === this.end ? this.found : 'invalid'
  }

  private take(name: (typeof watched)[number] | undefined, start: number): boolean {
    const { found, bytes } = this
    if (name === 'model') {
      if (bytes[start] !== quote || this.escaped) return false
      found.model = Buffer.from(bytes.buffer, bytes.byteOffset + start + 1, this.at - start - 2).toString(
        'utf8',
      )
      found.modelStart = start
      found.modelEnd = this.at
    } else if (name === 'stream') found.stream = bytes[start] === 0x74
    else if (name === 'stream_options') found.hasStreamOptions = true
    return true
  }

  /**
   * Place of a watched name, from 1; 0 for a name that nobody watches; -1 for one that only looks like a watched one.
   * Beyond ASCII some letters fold to plain ones (U+017F to s, U+212A to k): such a name is not compared but unclear.
   */
  private nameAt(start: number, end: number): number {
    const { bytes } = this
    const length = end - start
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

  /** Skips one value. */
  private value(): WalkProblem | null {
    const { bytes } = this
    // Kinds of the containers that are open: 1 object, 0 array; the top-level object is not among them.
    const open: boolean[] = []
    for (;;) {
      const byte = bytes[this.at]
      if (byte === openBrace || byte === openBracket) {
        if (open.length + 2 > maxDepth) return 'deep'
        const isObject = byte === openBrace
        this.at++
        this.space()
        if (bytes[this.at] === (isObject ? closeBrace : closeBracket)) this.at++
        else {
          open.push(isObject)
          if (isObject && !this.name()) return 'invalid'
          continue
        }
      } else if (byte === quote) {
        if (!this.text()) return 'invalid'
      } else if (!this.scalar()) return 'invalid'

      // Behind a value: on in its container, or out of it.
      for (;;) {
        if (open.length === 0) return null
        this.space()
        const next = bytes[this.at]
        const inObject = open[open.length - 1]
        if (next === comma) {
          this.at++
          this.space()
          if (inObject && !this.name()) return 'invalid'
          break
        }
        if (next !== (inObject ? closeBrace : closeBracket)) return 'invalid'
        this.at++
        open.pop()
      }
    }
  }

  /** A member's name and its colon. */
  private name(): boolean {
    if (this.bytes[this.at] !== quote || !this.text()) return false
    this.space()
    if (this.bytes[this.at] !== colon) return false
    this.at++
    this.space()
    return true
  }

  /** A text from its opening quote to behind its closing one; `escaped` tells whether it has a backslash. */
  private text(): boolean {
    const { bytes, words, end } = this
    let at = this.at + 1
    this.escaped = false
    for (;;) {
      if (words !== null && (at & 3) === 0) {
        let word = at >> 2
        const last = end >> 2
        while (word < last) {
          const four = words[word] ?? 0
          const quotes = four ^ 0x22222222
          const slashes = four ^ 0x5c5c5c5c
          // A zero byte in either, or a byte below 0x20: https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord
          const hit =
            ((quotes - 0x01010101) & ~quotes) |
            ((slashes - 0x01010101) & ~slashes) |
            ((four - 0x20202020) & ~four)
          if ((hit & 0x80808080) !== 0) break
          word++
        }
        at = word << 2
      }
      if (at >= end) return false
      const byte = bytes[at] ?? 0
      if (byte === quote) {
        this.at = at + 1
        return true
      }
      if (byte === backslash) {
        this.escaped = true
        const length = escapeLength(bytes, at)
        if (length === 0) return false
        at += length
      } else if (byte < 0x20) return false
      else at++
    }
  }

  /** A number, true, false or null. */
  private scalar(): boolean {
    const start = this.at
    const { bytes } = this
    let at = start
    for (;;) {
      const byte = bytes[at] ?? 0
      // Letters, digits and + - . are all that a scalar can hold.
      if (
        (byte >= 0x30 && byte <= 0x39) ||
        (byte >= 0x61 && byte <= 0x7a) ||
        byte === 0x45 ||
        byte === 0x2b ||
        byte === 0x2d ||
        byte === 0x2e
      )
        at++
      else break
    }
    if (at === start || at - start > 400) return false
    this.at = at
    return scalarPattern.test(
      Buffer.from(bytes.buffer, bytes.byteOffset + start, at - start).toString('latin1'),
    )
  }

  private space(): void {
    const { bytes } = this
    for (;;) {
      const byte = bytes[this.at]
      if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) this.at++
      else return
    }
  }
}

const scalarPattern = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/

/** Bytes of an escape (RFC 8259 section 7); 0 for one that does not exist. */
function escapeLength(bytes: Uint8Array, at: number): number {
  const kind = bytes[at + 1] ?? 0
  if (kind === 0x75) {
    for (let index = at + 2; index < at + 6; index++) {
      const digit = (bytes[index] ?? 0) | 0x20
      if (!((digit >= 0x30 && digit <= 0x39) || (digit >= 0x61 && digit <= 0x66))) return 0
    }
    return 6
  }
  // " \ / b f n r t
  return kind === 0x22 ||
    kind === 0x5c ||
    kind === 0x2f ||
    kind === 0x62 ||
    kind === 0x66 ||
    kind === 0x6e ||
    kind === 0x72 ||
    kind === 0x74
    ? 2
    : 0
}
