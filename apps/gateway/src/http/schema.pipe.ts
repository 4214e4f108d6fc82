import { AppError, type ErrorCode, errorCodes } from '@gatehouse/contracts'
import type { ArgumentMetadata, PipeTransform } from '@nestjs/common'
import { type Issue, issueSentence } from './issue-sentence.js'
import { maxParamLength } from './public-error.js'

/** What a field can name, by the schema of its body and its own name: told where the field is missing. */
export type Choices = ReadonlyMap<unknown, Record<string, () => readonly string[]>>

/** Checks bodies and queries against their zod schema; the error names the field and says what is wrong with it. */
export function createSchemaPipe(choices: Choices): PipeTransform {
  return {
    async transform(value: unknown, { schema, type }: ArgumentMetadata) {
      if (!schema || type === 'custom') return value
      const result = await schema['~standard'].validate(value)
      if (result.issues) throw invalid(result.issues as readonly Issue[], value, choices.get(schema))
      return result.value
    },
  }
}

/** The first issue as an error. A message that is one of our codes stands for that code. */
function invalid(
  issues: readonly Issue[],
  value: unknown,
  choices: Record<string, () => readonly string[]> = {},
): AppError {
  const [issue] = issues
  if (!issue) return new AppError('invalid_request')
  const keys = (issue.path ?? []).map((segment) => (typeof segment === 'object' ? segment.key : segment))
  const path = pathOf(keys)
  if (issue.code === 'unrecognized_keys') {
    const field = [path, issue.keys?.[0]].filter(Boolean).join('.').slice(0, maxParamLength)
    return new AppError('unknown_field', {
      param: field,
      message: `There is no field "${field}" here. Leave it out.`,
    })
  }
  if (issue.code !== 'custom' && valueAt(value, keys) === undefined) {
    if (path === '')
      return new AppError('invalid_json', { message: 'The body is missing. Send a JSON object.' })
    const named = Object.hasOwn(choices, path) ? (choices[path]?.() ?? []) : []
    const advice = named.length > 0 ? ` Name one of: ${named.join(', ')}.` : ''
    return new AppError('missing_required_parameter', {
      param: path,
      message: `"${path}" is missing.${advice}`,
    })
  }
  if (isErrorCode(issue.message)) return new AppError(issue.message, { param: path })
  return new AppError('invalid_request', {
    ...(path ? { param: path } : {}),
    message: issueSentence(issue, path),
  })
}

function valueAt(value: unknown, keys: readonly PropertyKey[]): unknown {
  return keys.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, key)
        ? (at as Record<PropertyKey, unknown>)[key]
        : undefined,
    value,
  )
}

function pathOf(keys: readonly PropertyKey[]): string {
  return keys
    .reduce<string>(
      (text, key) =>
        typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${String(key)}` : String(key),
      '',
    )
    .slice(0, maxParamLength)
}

function isErrorCode(message: string): message is ErrorCode {
  return (errorCodes as string[]).includes(message)
}
