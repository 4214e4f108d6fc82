import { AppError, type ErrorCode, errorCodes } from '@gatehouse/contracts'
import { StandardSchemaValidationPipe } from '@nestjs/common'

interface Issue {
  message: string
  path?: readonly (PropertyKey | { key: PropertyKey })[] | undefined
  /** zod's own kind of issue. */
  code?: string
  keys?: string[]
}

/** Checks bodies and queries against their zod schema; the error names the field and says what is wrong with it. */
export const schemaPipe = new (class extends StandardSchemaValidationPipe {
  /** Nest would take `constructor` out in silence; here a field that does not exist is named. */
  protected override stripProtoKeys(): void {}
})({ exceptionFactory: (issues) => invalid(issues as readonly Issue[]) })

/** The first issue as an error. A message that is one of our codes stands for that code. */
function invalid(issues: readonly Issue[]): AppError {
  const [issue] = issues
  if (!issue) return new AppError('invalid_request')
  const path = pathOf(issue)
  if (issue.code === 'unrecognized_keys') {
    const field = [path, issue.keys?.[0]].filter(Boolean).join('.')
    return new AppError('unknown_field', {
      param: field,
      message: `There is no field "${field.slice(0, 100)}" here. Leave it out.`,
    })
  }
  if (isErrorCode(issue.message)) return new AppError(issue.message, { param: path })
  if (path === '' && /received undefined$/.test(issue.message)) {
    return new AppError('invalid_json', { message: 'The body is missing. Send a JSON object.' })
  }
  if (/received undefined$/.test(issue.message)) {
    return new AppError('missing_required_parameter', { param: path, message: `"${path}" is missing.` })
  }
  return new AppError('invalid_request', {
    ...(path ? { param: path } : {}),
    message: path ? `"${path}": ${issue.message}` : issue.message,
  })
}

function pathOf({ path = [] }: Issue): string {
  return path
    .map((segment) => (typeof segment === 'object' ? segment.key : segment))
    .reduce<string>(
      (text, key) =>
        typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${String(key)}` : String(key),
      '',
    )
}

function isErrorCode(message: string): message is ErrorCode {
  return (errorCodes as string[]).includes(message)
}
