import { z } from 'zod'

/** An object whose unknown members are refused, with those that there are. */
export function strict<Shape extends z.ZodRawShape>(shape: Shape) {
  const names = Object.keys(shape).join(', ')
  return z.strictObject(shape, {
    error: ({ code }) =>
      code === 'unrecognized_keys' ? `is not known here. Known are: ${names}` : undefined,
  })
}
