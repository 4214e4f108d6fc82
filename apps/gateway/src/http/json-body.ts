import { AppError } from '@gatehouse/contracts'

/** Deeper JSON is refused: a recursive reader further on must not run out of stack. */
const maxDepth = 64
/** More values than this are refused: 32 MiB of `[],[],` would be half a gigabyte of objects. */
export const maxValues = 100_000

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Parses a request body: UTF-8 without errors, at most 64 levels and 100 000 values, no member named `__proto__`, which
 * would become a prototype in the first careless copy of its object. What is refused is found in one pass before anything
 * is made of it; a reviver of `JSON.parse` would be called for every value, at fifty times the cost of the parse.
 * @throws AppError `invalid_json`, `unknown_field`
 */
export function parseJson(bytes: Uint8Array): unknown {
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch (cause) {
    throw new AppError('invalid_json', { message: 'The body is not valid UTF-8.', cause })
  }
  refuseHostile(text)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new AppError('invalid_json', { cause })
  }
}

/** Whether the text is JSON at all is for the parser to say; of what is, this misses nothing. */
function refuseHostile(text: string): void {
  let depth = 0
  let values = 1
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index)
    if (character === 0x22) {
      const start = index
      for (index++; index < text.length; index++) {
        const inside = text.charCodeAt(index)
        if (inside === 0x5c) index++
        else if (inside === 0x22) break
      }
      if (isPrototype(text, start, index + 1) && isName(text, index + 1)) {
        throw new AppError('unknown_field', {
          param: '__proto__',
          message: 'There is no field "__proto__" here.',
        })
      }
    } else if (character === 0x5b || character === 0x7b) {
      values++
      if (++depth > maxDepth) {
        throw new AppError('invalid_json', { message: `The body is nested deeper than ${maxDepth} levels.` })
      }
    } else if (character === 0x5d || character === 0x7d) depth--
    else if (character === 0x2c && ++values > maxValues) {
      throw new AppError('invalid_json', { message: `The body holds more than ${maxValues} values.` })
    }
  }
}

/** Whether a string, its quotes included, spells `__proto__`, where each letter may be written as an escape of six. */
function isPrototype(text: string, start: number, end: number): boolean {
  const length = end - start - 2
  const first = text.charCodeAt(start + 1)
  // By length and first letter before anything is cut out: nearly every string ends here.
  if (length < 9 || length > 54 || (first !== 0x5f && first !== 0x5c)) return false
  try {
    return JSON.parse(text.slice(start, end)) === '__proto__'
  } catch {
    return false
  }
}

/** Whether a colon follows, so that the string before it is the name of a member. */
function isName(text: string, from: number): boolean {
  let index = from
  while (text.charCodeAt(index) <= 0x20) index++
  return text.charCodeAt(index) === 0x3a
}
