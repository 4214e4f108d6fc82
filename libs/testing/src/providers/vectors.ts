/** A vector that tells which text it is of, by the codes of its letters. */
export function vectorOf(text: string, dimensions = 3): number[] {
  const letters = Array.from(text)
  return Array.from({ length: dimensions }, (_, index) => {
    const letter = letters[index % Math.max(letters.length, 1)] ?? ''
    return (letter.codePointAt(0) ?? 0) / 1_000
  })
}

/** Tokens of texts as a stand-in counts them: words. */
export function tokensOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + (text.match(/\S+/g)?.length ?? 0), 0)
}
