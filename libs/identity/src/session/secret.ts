import type { Variables } from '@gatehouse/contracts'
import { z } from 'zod'

/** RFC 7518 section 3.2: an HS256 key is at least as long as its hash. */
const minimumBytes = 32
/** What people copy out of a README and forget. Letters and digits alone, so that the punctuation does not matter. */
const exampleWords = [
  'replacewith',
  'changeme',
  'changethis',
  'yoursecret',
  'yourjwtsecret',
  'yoursupersecret',
  'placeholder',
]

/**
 * What is wrong with a secret that is to sign session tokens, as a phrase to follow the variable's name; null for a good one.
 * The phrase never holds the secret.
 */
export function sessionSecretProblem(secret: string): string | null {
  const bytes = Buffer.byteLength(secret)
  const mend = 'Make one with: openssl rand -base64 48'
  if (bytes < minimumBytes) return `is ${bytes} bytes long and must have at least ${minimumBytes}. ${mend}`
  const letters = secret.toLowerCase().replace(/[^a-z0-9]/g, '')
  if (exampleWords.some((word) => letters.includes(word))) return `is an example's value. ${mend}`
  if (new Set(secret).size < 4) return `repeats the same characters. ${mend}`
  return null
}

const secret = z
  .string()
  .optional()
  .superRefine((text, context) => {
    const problem = text === undefined ? null : sessionSecretProblem(text)
    if (problem) context.addIssue({ code: 'custom', message: problem })
  })

/** The environment variables of our own session tokens. Whether an unset secret is allowed is for the gateway to say. */
export const sessionVariables = {
  JWT_SECRET: {
    schema: secret,
    comment:
      'Signs the session tokens; at least 32 bytes. Made and kept in DATA_DIR when unset, but required in production.',
    secret: true,
  },
  JWT_SECRET_PREVIOUS: {
    schema: secret,
    comment: 'The secret before the last change; its tokens are accepted until they expire.',
    secret: true,
  },
  JWT_ALG: {
    schema: z.literal('HS256', 'must be HS256').default('HS256'),
    comment: 'Only HS256 is accepted.',
    example: 'HS256',
  },
  ACCESS_TOKEN_EXPIRE_MINUTES: {
    schema: z.coerce.number().int().min(1).max(1440).default(60),
    comment: 'Lifetime of a session token, 1 to 1440.',
    example: '60',
  },
} satisfies Variables
