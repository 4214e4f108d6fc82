/** What zod says of a value that does not fit: https://zod.dev/error-customization */
export interface Issue {
  message: string
  path?: readonly (PropertyKey | { key: PropertyKey })[] | undefined
  code?: string
  /** Of `unrecognized_keys`: the fields that do not exist. */
  keys?: string[]
  /** Of `invalid_type`: what would fit. */
  expected?: string
  /** Of `invalid_value`: the values that would fit. */
  values?: unknown[]
  /** Of `invalid_format`: as `uuid`. */
  format?: string
  /** Of `too_small` and `too_big`: what is counted or compared. */
  origin?: string
  minimum?: number | bigint
  maximum?: number | bigint
}

/**
 * One issue as a sentence for people. A schema's own words win: a whole sentence stands as it is, and a predicate (`must
 * be a number from 0 to 2`) follows the field's name. The validator's words are never shown.
 */
export function issueSentence(issue: Issue, field: string): string {
  if (isSentence(issue.message)) return issue.message
  const own = /^[a-z]/.test(issue.message)
  return `${field ? `"${field}"` : 'The request'} ${own ? issue.message : predicate(issue)}.`
}

/** `Give either "prompt" or "messages".`; none of the validator's own messages ends so. */
const isSentence = (message: string) => /^[A-Z].*\.$/s.test(message)

function predicate({ code, expected, values = [], format, origin, minimum, maximum }: Issue): string {
  switch (code) {
    case 'invalid_type':
      return expected !== undefined && Object.hasOwn(kinds, expected)
        ? `must be ${kinds[expected]}`
        : 'is not valid'
    case 'invalid_value':
      return `must be ${values.length === 1 ? '' : 'one of '}${values.join(', ')}`
    case 'invalid_format':
      return format === 'uuid' ? 'must be an id' : 'is not written as it must be'
    case 'too_small':
      if (!counted.has(origin)) return `must be at least ${minimum}`
      return minimum === 1 ? 'must not be empty' : `must have at least ${minimum} ${unit(origin)}`
    case 'too_big':
      return counted.has(origin)
        ? `must have at most ${maximum} ${unit(origin)}`
        : `must be at most ${maximum}`
    default:
      return 'is not valid'
  }
}

const kinds: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}

const counted = new Set<string | undefined>(['string', 'array'])
const unit = (origin: string | undefined) => (origin === 'string' ? 'characters' : 'entries')
