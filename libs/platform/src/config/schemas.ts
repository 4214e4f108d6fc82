import { isIP } from 'node:net'
import { z } from 'zod'

// Schemas for the text of environment variables. Each takes `undefined` for a variable that is unset or blank.

/** Free text; trimmed. */
export const text = () => z.string().trim().min(1).optional()

/** A whole number within bounds. */
export const integer = (bounds: { min: number; max: number; default: number }) =>
  z
    .string()
    .regex(/^\d{1,12}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(bounds.min).max(bounds.max))
    .optional()
    .transform((value) => value ?? bounds.default)

/** `true` or `false`. */
export const flag = (preset: boolean) =>
  z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .optional()
    .transform((value) => (value === undefined ? preset : value === 'true'))

/** One of a few words. */
export const choice = <const T extends string>(words: readonly [T, ...T[]], preset: NoInfer<T>) =>
  z
    .enum(words, { error: `must be one of ${words.join(', ')}` })
    .optional()
    .transform((value) => (value ?? preset) as T)

/** A comma list; blanks around and between are dropped. */
export const list = () =>
  z
    .string()
    .optional()
    .transform((value) =>
      (value ?? '')
        .split(',')
        .map((entry) => entry.trim())
        .filter((entry) => entry !== ''),
    )

/** An origin, as `https://gatehouse.example.com`: scheme, host and port, no path. Given back without a slash. */
export const origin = () =>
  z
    .string()
    .transform((value, context) => {
      const url = URL.canParse(value) ? new URL(value) : null
      if (
        !url ||
        !/^https?:$/.test(url.protocol) ||
        url.pathname !== '/' ||
        url.search ||
        url.hash ||
        url.username
      ) {
        context.addIssue({
          code: 'custom',
          message: 'must be an address like https://gatehouse.example.com, without a path',
        })
        return z.NEVER
      }
      return url.origin
    })
    .optional()

/** Whether a text is an IP address or a CIDR range (RFC 4632, RFC 4291 section 2.3); a range of everything is none. */
export function isRange(text: string): boolean {
  const [, address = '', prefix] = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? []
  const version = isIP(address)
  if (version === 0) return false
  return prefix === undefined || (Number(prefix) >= 1 && Number(prefix) <= (version === 4 ? 32 : 128))
}
