/**
 * How many tokens a word has, by merging its bytes in pairs, those of the lowest rank first: https://arxiv.org/abs/1508.07909.
 * The ranks come as OpenAI publishes them (`.tiktoken`): one to a line, in their order, each a token in base64 with its
 * number behind a space. They are kept in arrays outside V8's heap: 4 MB, where strings in a map take 28.
 */
export class BytePairs {
  /** All tokens, one behind the other. */
  private readonly bytes: Uint8Array
  /** Where each begins, and where the last one ends. */
  private readonly starts: Uint32Array
  /** Ranks by the hash of their token, each plus one; 0 where there is none. At most half of it is used. */
  private readonly slots: Uint32Array
  private readonly encoder = new TextEncoder()
  private word = new Uint8Array(256)
  /** Of the word's parts: where each begins, and the rank of it with the next one. */
  private parts = new Uint32Array(257)
  private ranks = new Uint32Array(257)

  /** @param file the bytes of a `.tiktoken` */
  constructor(file: Buffer) {
    const text = file.toString('latin1')
    const bytes = Buffer.alloc(file.length)
    const starts = [0]
    let size = 0
    for (let at = 0, end = text.indexOf(' '); end !== -1; end = text.indexOf(' ', at)) {
      size += bytes.write(text.slice(at, end), size, 'base64')
      starts.push(size)
      at = text.indexOf('\n', end) + 1 || text.length
    }
    const count = starts.length - 1
    this.bytes = new Uint8Array(bytes.subarray(0, size))
    this.starts = Uint32Array.from(starts)
    this.slots = new Uint32Array(2 ** Math.ceil(Math.log2(2 * count)))
    for (let rank = 0; rank < count; rank++) {
      let slot = this.slotOf(this.bytes, this.starts[rank] ?? 0, this.starts[rank + 1] ?? 0)
      while (this.slots[slot] !== 0) slot = this.after(slot)
      this.slots[slot] = rank + 1
    }
  }

  /** @param text a word as the encoding splits a text into words; the time grows with the square of its length */
  count(text: string): number {
    if (text.length * 3 > this.word.length) {
      this.word = new Uint8Array(text.length * 3)
      this.parts = new Uint32Array(this.word.length + 1)
      this.ranks = new Uint32Array(this.word.length + 1)
    }
    const { word, parts, ranks } = this
    const size = this.encoder.encodeInto(text, word).written
    if (size < 2 || this.rankOf(0, size) !== none) return Math.min(size, 1)
    let count = size
    for (let part = 0; part <= size; part++) {
      parts[part] = part
      ranks[part] = part + 2 <= size ? this.rankOf(part, part + 2) : none
    }
    for (;;) {
      let lowest = none
      let at = 0
      for (let part = 0; part < count - 1; part++) {
        const rank = ranks[part] ?? none
        if (rank < lowest) {
          lowest = rank
          at = part
        }
      }
      if (lowest === none) return count
      parts.copyWithin(at + 1, at + 2, count + 1)
      ranks.copyWithin(at + 1, at + 2, count + 1)
      count--
      ranks[at] = this.rankOfPair(at, count)
      if (at > 0) ranks[at - 1] = this.rankOfPair(at - 1, count)
    }
  }

  /** @param count of the parts */
  private rankOfPair(part: number, count: number): number {
    return part + 2 <= count ? this.rankOf(this.parts[part] ?? 0, this.parts[part + 2] ?? 0) : none
  }

  /** Of a piece of the word. */
  private rankOf(start: number, end: number): number {
    const { word, bytes, starts, slots } = this
    const length = end - start
    for (let slot = this.slotOf(word, start, end); ; slot = this.after(slot)) {
      const rank = (slots[slot] ?? 0) - 1
      if (rank === -1) return none
      const from = starts[rank] ?? 0
      if ((starts[rank + 1] ?? 0) - from !== length) continue
      let same = 0
      while (same < length && bytes[from + same] === word[start + same]) same++
      if (same === length) return rank
    }
  }

  /** FNV-1a (https://www.rfc-editor.org/rfc/rfc9923), its upper half folded over the lower. */
  private slotOf(bytes: Uint8Array, start: number, end: number): number {
    let hash = 0x811c9dc5
    for (let index = start; index < end; index++) hash = Math.imul(hash ^ (bytes[index] ?? 0), 0x01000193)
    return (hash ^ (hash >>> 15)) & (this.slots.length - 1)
  }

  private after(slot: number): number {
    return (slot + 1) & (this.slots.length - 1)
  }
}

/** Of a pair that is no token. */
const none = 0xffffffff
