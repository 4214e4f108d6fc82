/**
 * Throws for JSON in which an object names a member twice. JSON.parse silently takes the last one; another reader of the same
 * signed bytes may take the first (RFC 8259 section 4, RFC 7519 section 4). The text must already be valid JSON.
 */
export function assertUniqueMembers(text: string): void {
  // One entry per open bracket: the names seen so far, or null inside an array.
  const open: (Set<string> | null)[] = []
  let nameExpected = false
  let at = 0
  while (at < text.length) {
    const character = text[at]
    if (character === '"') {
      const end = endOfString(text, at)
      const names = open.at(-1)
      if (nameExpected && names) {
        const name: string = JSON.parse(text.slice(at, end))
        if (names.has(name)) throw new Error('a member of the token is repeated')
        names.add(name)
        nameExpected = false
      }
      at = end
      continue
    }
    if (character === '{') {
      open.push(new Set())
      nameExpected = true
    } else if (character === '[') {
      open.push(null)
    } else if (character === '}' || character === ']') {
      open.pop()
      nameExpected = false
    } else if (character === ',') {
      nameExpected = open.at(-1) instanceof Set
    }
    at++
  }
}

/** The index behind the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}
