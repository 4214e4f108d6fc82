import type { Variable } from '@gatehouse/contracts'
import { z } from 'zod'

const text = z.string().trim().optional()

/** A variable that is any text, or not set. */
export function textVariable(comment: string, example?: string): Variable<typeof text> {
  return { schema: text, comment, ...(example === undefined ? {} : { example }) }
}

/** A variable that holds a secret: never printed. */
export function secretVariable(comment: string): Variable<typeof text> {
  return { schema: text, comment, secret: true }
}

const address = z
  .url({ protocol: /^https?$/, error: 'must be an http or https address' })
  .refine((value) => !URL.canParse(value) || isPlainAddress(new URL(value)), {
    error: 'must hold no user, password, query or fragment',
  })
  // Paths are appended to it.
  .transform((value) => value.replace(/\/+$/, ''))
  .optional()

/** A variable that is an http or https address, or not set; a slash at its end is cut. */
export function addressVariable(comment: string, example?: string): Variable<typeof address> {
  return { schema: address, comment, ...(example === undefined ? {} : { example }) }
}

function isPlainAddress(url: URL): boolean {
  return !url.username && !url.password && !url.search && !url.hash
}
