import { AppError } from '@gatehouse/contracts'

/** Deeper JSON is refused: a recursive reader further on must not run out of stack. */
const maxDepth = 64

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Parses a request body: UTF-8 without errors, at most 64 levels, no member that would reach a prototype.
 * @throws AppError `invalid_json`
 */
export function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0)
    throw new AppError('invalid_json', { message: 'The body is empty. Send a JSON object.' })
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
    return JSON.parse(text, refusePrototypes)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('invalid_json', { cause })
  }
}

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
