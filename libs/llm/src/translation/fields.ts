import { AppError } from '@gatehouse/contracts'

/** An object of the request, of which nothing is known yet. */
export type Fields = Record<string, unknown>

/** Takes the name of something that was given and is left out. */
export type Drop = (name: string) => void

/** A request that no provider could make sense of. */
export function invalid(param: string, message: string): AppError {
  return new AppError('invalid_request', { param, message: `${param}: ${message}` })
}

/** Something that this provider cannot do, and without which the answer would be to another question. */
export function unsupported(param: string, provider: string): AppError {
  return new AppError('unsupported_by_provider', {
    param,
    message: `${param} cannot be sent to ${provider}. Leave it out, or choose another provider.`,
  })
}

/** Whether a value is an object with fields. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An object. @throws AppError `invalid_request` */
export function toFields(value: unknown, at: string): Fields {
  if (isFields(value)) return value
  throw invalid(at, 'must be an object.')
}

/** A list. @throws AppError `invalid_request` */
export function toList(value: unknown, at: string): unknown[] {
  if (Array.isArray(value)) return value
  throw invalid(at, 'must be a list.')
}

/** A text. @throws AppError `invalid_request` */
export function toText(value: unknown, at: string): string {
  if (typeof value === 'string') return value
  throw invalid(at, 'must be a text.')
}

/** A text, if any. @throws AppError `invalid_request` */
export function maybeText(value: unknown, at: string): string | undefined {
  return isAbsent(value) ? undefined : toText(value, at)
}

/** A number, if any. @throws AppError `invalid_request` */
export function maybeNumber(value: unknown, at: string): number | undefined {
  if (isAbsent(value)) return undefined
  if (typeof value === 'number') return value
  throw invalid(at, 'must be a number.')
}

/** True or false, if any. @throws AppError `invalid_request` */
export function maybeBoolean(value: unknown, at: string): boolean | undefined {
  if (isAbsent(value)) return undefined
  if (typeof value === 'boolean') return value
  throw invalid(at, 'must be true or false.')
}

/** Null says the same as nothing: clients in Python send it for what was not set. */
export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null
}

/** Drops every field that is there and is not among the known ones. */
export function dropOthers(fields: Fields, known: readonly string[], prefix: string, drop: Drop): void {
  for (const [name, value] of Object.entries(fields)) {
    if (!isAbsent(value) && !known.includes(name)) drop(`${prefix}${name}`)
  }
}
