import { AppError } from '@gatehouse/contracts'

/** Deeper JSON is refused: a recursive reader further on must not run out of stack. */
const maxDepth = 64

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Parses a request body: UTF-8 without errors, at most 64 levels, no member that would reach a prototype.
 * @throws AppError `invalid_json`
 */
export function parseJson(bytes: Uint8Array): unknown {
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch (cause) {
    throw new AppError('invalid_json', { message: 'The body is not valid UTF-8.', cause })
  }
  if (depthExceeds(text, maxDepth)) {
    throw new AppError('invalid_json', { message: `The body is nested deeper than ${maxDepth} levels.` })
  }
  try {
    // A reviver is called for every value there is: fifty times the cost, paid only by who writes such a name.
    return JSON.parse(text, mayNamePrototype.test(text) ? refusePrototypes : undefined)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('invalid_json', { cause })
  }
}

/** The name itself, or an escape in which it could hide. */
const mayNamePrototype = /__proto__|\\u00/i

/** `__proto__` as an own member would become a prototype in the first careless copy of the object. */
function refusePrototypes(name: string, value: unknown): unknown {
  if (name === '__proto__')
    throw new AppError('unknown_field', {
      param: '__proto__',
      message: 'There is no field "__proto__" here.',
    })
  return value
}

function depthExceeds(text: string, limit: number): boolean {
  let depth = 0
  let inString = false
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index)
    if (inString) {
      if (character === 0x5c) index++
      else if (character === 0x22) inString = false
    } else if (character === 0x22) inString = true
    else if (character === 0x5b || character === 0x7b) {
      if (++depth > limit) return true
    } else if (character === 0x5d || character === 0x7d) depth--
  }
  return false
}
