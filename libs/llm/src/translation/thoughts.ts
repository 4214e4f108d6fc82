import type { ReasoningDetail } from './reasoning.js'

interface Thought {
  text: string
  signature: string
  encrypted: string | undefined
  format: string
}

/** The thoughts of one answer, as they come in. */
export class Thoughts {
  #list: Thought[] = []
  #format: string

  /** @param format who can read the signatures: see `ReasoningPart` */
  constructor(format: string) {
    this.#format = format
  }

  /** Another one begins. */
  begin(): void {
    this.#list.push({ text: '', signature: '', encrypted: undefined, format: this.#format })
  }

  /** More of the present one. @returns the words for `reasoning_content`, with a blank line before each further thought */
  add(text: string): string {
    const present = this.#present()
    if (text === '') return ''
    const isFirst = present.text === ''
    const others = this.#list.some((thought) => thought !== present && thought.text !== '')
    present.text += text
    return isFirst && others ? `\n\n${text}` : text
  }

  /** More of the signature of the present one. */
  sign(signature: string): void {
    this.#present().signature += signature
  }

  /** A thought that only its provider can read; `format` where another can than the one who reads the signatures. */
  hide(encrypted: string, format = this.#format): void {
    this.#list.push({ text: '', signature: '', encrypted, format })
  }

  /** Every word, as `add` gave them out. */
  get text(): string {
    return this.#list
      .map(({ text }) => text)
      .filter((text) => text !== '')
      .join('\n\n')
  }

  /** What has to come back with the next turn. A thought without proof does not: no provider takes it. */
  get details(): ReasoningDetail[] {
    return this.#list
      .filter(({ signature, encrypted }) => signature !== '' || encrypted !== undefined)
      .map(({ text, signature, encrypted, format }, index) =>
        encrypted === undefined
          ? { type: 'reasoning.text', text, signature, format, index }
          : { type: 'reasoning.encrypted', data: encrypted, format, index },
      )
  }

  #present(): Thought {
    const last = this.#list.at(-1)
    if (last && last.encrypted === undefined) return last
    this.begin()
    return this.#present()
  }
}
