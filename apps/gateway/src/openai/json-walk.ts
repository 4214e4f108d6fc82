import { escapePassed, skipPlain } from './plain-text.js'

/**
 * Why a body cannot be passed on as it came: `unclear` has to go through the full parser and be written anew,
 * `invalid` is no JSON object, `deep` is nested beyond the limit, `many` holds more values than whoever walks it allows.
 */
export type WalkProblem = 'unclear' | 'invalid' | 'deep' | 'many'

/**
 * What a text, a name, an array or an object weighs against a number, `true`, `false` or `null`: about what each costs
 * `JSON.parse` further on.
 */
export const weightOfOthers = 5

/** Deeper JSON is refused: a recursive reader at the provider must not run out of stack by us. */
export const maxDepth = 64

/** Of a text, what is read here; the rest of a longer one elsewhere. */
const nearBytes = 128

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/**
 * Walks a JSON object once, without building it, and checks it in full: what passes here is JSON by RFC 8259 to any
 * parser. Whoever extends it is shown the members of the top level.
 */
export abstract class JsonWalk {
  protected at = 0
  protected readonly end: number
  /** The memory around the bytes, four at a time; `offset` is where the bytes begin in it. */
  private readonly words: Uint32Array
  private readonly offset: number
  /** The text that was read last has a backslash. */
  protected escaped = false
  /** A name further in has one: it is another name than its bytes say. */
  protected escapedWithin = false

  /** @param weight of all values that may be in it; see `weightOfOthers` */
  constructor(
    protected readonly bytes: Uint8Array,
    private weight = Number.POSITIVE_INFINITY,
  ) {
    this.end = bytes.length
    this.words = wordsOf(bytes.buffer)
    this.offset = bytes.byteOffset
  }

  /** The name stands between the two, without its quotes. @returns what `value` is to be told; -1 ends the walk as unclear */
  protected abstract name(start: number, end: number): number
  /** The value of a name stands between the two. @returns false to end the walk as unclear */
  protected abstract member(which: number, start: number, end: number): boolean
  /** The name of a member further in stands between the two, without its quotes. */
  protected inner(_start: number, _end: number): void {}
  /** The first byte behind the opening brace. */
  protected begin(_at: number): void {}

  /** @returns null for one whole object with nothing but space around it */
  protected walk(): WalkProblem | null {
    this.space()
    if (this.bytes[this.at] !== openBrace) return 'invalid'
    this.begin(++this.at)
    this.space()
    if (this.bytes[this.at] === closeBrace) return this.tail(this.at + 1)
    for (;;) {
      if (this.bytes[this.at] !== quote) return 'invalid'
      const nameStart = this.at + 1
      if (!this.text()) return 'invalid'
      const which = this.name(nameStart, this.at - 1)
      if (which === -1) return 'unclear'
      this.weight -= weightOfOthers
      this.space()
      if (this.bytes[this.at] !== colon) return 'invalid'
      this.at++
      this.space()
      const start = this.at
      const problem = this.value()
      if (problem) return problem
      if (which > 0 && !this.member(which, start, this.at)) return 'unclear'
      this.space()
      const next = this.bytes[this.at]
      if (next === closeBrace) return this.tail(this.at + 1)
      if (next !== comma) return 'invalid'
      this.at++
      this.space()
    }
  }

  /** Nothing but space may follow the object: a second document would be another request to some parsers. */
  private tail(at: number): WalkProblem | null {
    this.at = at
    this.space()
    return this.at === this.end ? null : 'invalid'
  }

  /** Skips one value. */
  private value(): WalkProblem | null {
    const { bytes } = this
    // Kinds of the containers that are open: 1 object, 0 array; the top-level object is not among them.
    const open: boolean[] = []
    for (;;) {
      const byte = bytes[this.at]
      this.weight -= byte === openBrace || byte === openBracket || byte === quote ? weightOfOthers : 1
      if (this.weight < 0) return 'many'
      if (byte === openBrace || byte === openBracket) {
        if (open.length + 2 > maxDepth) return 'deep'
        const isObject = byte === openBrace
        this.at++
        this.space()
        if (bytes[this.at] === (isObject ? closeBrace : closeBracket)) this.at++
        else {
          open.push(isObject)
          if (isObject && !this.memberName()) return 'invalid'
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
          if (inObject && !this.memberName()) return 'invalid'
          break
        }
        if (next !== (inObject ? closeBrace : closeBracket)) return 'invalid'
        this.at++
        open.pop()
      }
    }
  }

  /** A member's name and its colon. */
  private memberName(): boolean {
    this.weight -= weightOfOthers
    const start = this.at + 1
    if (this.bytes[this.at] !== quote || !this.text()) return false
    if (this.escaped) this.escapedWithin = true
    this.inner(start, this.at - 1)
    this.space()
    if (this.bytes[this.at] !== colon) return false
    this.at++
    this.space()
    return true
  }

  /** A text from its opening quote to behind its closing one; `escaped` tells whether it has a backslash. */
  private text(): boolean {
    const { bytes, words, end, offset } = this
    let at = this.at + 1
    const far = skipPlain ? at + nearBytes : end
    const last = (offset + Math.min(far, end)) >> 2
    this.escaped = false
    for (;;) {
      let word = (offset + at) >> 2
      if (skipPlain && at >= far) {
        const skipped = skipPlain(bytes, at, end)
        if (skipped & escapePassed) this.escaped = true
        at = skipped & ~escapePassed
      } else if (word < last) {
        // What stands before `at` in its word has been read.
        let hit = hits(words[word] ?? 0) & (-1 << (((offset + at) & 3) << 3))
        while (hit === 0 && ++word < last) hit = hits(words[word] ?? 0)
        // Of the lowest one, whose place is that of its highest bit.
        at = (word << 2) - offset + (hit === 0 ? 0 : (31 - Math.clz32(hit & -hit)) >> 3)
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

/** One view serves all bodies of one piece of memory: most come out of a few. */
let lastMemory: { buffer: ArrayBufferLike; words: Uint32Array } | undefined
function wordsOf(buffer: ArrayBufferLike): Uint32Array {
  if (lastMemory?.buffer === buffer) return lastMemory.words
  const words = new Uint32Array(buffer, 0, buffer.byteLength >> 2)
  // A large one is not kept alive for it.
  if (buffer.byteLength <= 1 << 20) lastMemory = { buffer, words }
  return words
}

/**
 * The highest bit of each of four bytes that is a quote, a backslash or below 0x20; behind the first of them also of
 * some others: https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord
 */
function hits(four: number): number {
  const quotes = four ^ 0x22222222
  const slashes = four ^ 0x5c5c5c5c
  return (
    (((quotes - 0x01010101) & ~quotes) |
      ((slashes - 0x01010101) & ~slashes) |
      ((four - 0x20202020) & ~four)) &
    0x80808080
  )
}

const scalarPattern = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/

/** Bytes of an escape (RFC 8259 section 7); 0 for one that does not exist. */
function escapeLength(bytes: Uint8Array, at: number): number {
  const kind = bytes[at + 1] ?? 0
  if (kind === 0x75) {
    for (let index = at + 2; index < at + 6; index++) {
      const digit = bytes[index] ?? 0
      const letter = digit | 0x20
      if (!((digit >= 0x30 && digit <= 0x39) || (letter >= 0x61 && letter <= 0x66))) return 0
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
