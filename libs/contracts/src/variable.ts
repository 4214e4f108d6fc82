import type { z } from 'zod'

/** One environment variable: how it is read, and the comment that stands above it in `.env.example`. */
export interface Variable<T extends z.ZodType = z.ZodType> {
  /** Parses the text of the variable. Called with `undefined` when it is unset, empty or blank. */
  schema: T
  /** One or two lines for `.env.example`. */
  comment: string
  /** Shown in `.env.example` as the commented-out value; never a working secret. */
  example?: string
  /** True: its value is never printed, not even in an error. */
  secret?: boolean
}

/** Variables by name; each plugin exports its own, the gateway joins them, the platform reads them. */
export type Variables = Record<string, Variable>

/** The parsed values of a set of variables. */
export type Values<V extends Variables> = { [K in keyof V]: z.output<V[K]['schema']> }
