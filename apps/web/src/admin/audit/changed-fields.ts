/** A field that an action changed; null where there was, or is, nothing. */
export interface ChangedField {
  name: string
  before: string | null
  after: string | null
}

/** What an entry says has changed, field by field, as text. */
export function changedFields(before: unknown, after: unknown): ChangedField[] {
  const was = membersOf(before)
  const is = membersOf(after)
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((name) => {
    const field = {
      name: name.replaceAll('_', ' '),
      before: was.get(name) ?? null,
      after: is.get(name) ?? null,
    }
    return field.before === field.after ? [] : [field]
  })
}

function membersOf(value: unknown): Map<string, string | null> {
  if (value === null || value === undefined) return new Map()
  if (typeof value !== 'object' || Array.isArray(value)) return new Map([['value', textOf(value)]])
  return new Map(Object.entries(value).map(([name, member]) => [name, textOf(member)]))
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return shortened(value)
  if (Array.isArray(value))
    return value.length === 0 ? 'none' : value.map((member) => textOf(member) ?? 'null').join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Ids and moments say little at full length; the export has them whole. */
function shortened(value: string): string {
  if (isMoment(value)) return `${value.slice(0, 10)} ${value.slice(11, 16)} UTC`
  return isId(value) ? `…${value.slice(-12)}` : value
}

const isId = (value: string) => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)
const isMoment = (value: string) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(value)
