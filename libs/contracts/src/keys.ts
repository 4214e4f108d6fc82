import { z } from 'zod'
import { Id, listOf, numberFrom, page, Timestamp, text } from './primitives.js'

const dayMs = 86_400_000
/** Days that a key holds at most. */
const maxKeyDays = 365
/** A caller's clock is not ours. */
const clockMs = 60_000

/** One entry of a list of models. */
const ModelName = text()
  .min(1)
  .max(300)
  .regex(/^(?:[^*\s]+|[^*\s/]+\/\*)$/, {
    error: 'must name models as "provider/model", "provider/*" or an alias',
  })

/** Which models may be used. */
export const ModelList = z.array(ModelName).max(100)

/** When a key ends: from now on a year at most, as every key has an end. */
const KeyExpiry = z.iso
  .datetime({ offset: true, error: 'must be a time as 2026-11-22T13:00:00Z' })
  .refine((value) => Date.parse(value) > Date.now(), { error: 'must lie ahead' })
  .refine((value) => Date.parse(value) <= Date.now() + maxKeyDays * dayMs + clockMs, {
    error: `must lie at most ${maxKeyDays} days ahead`,
  })
  .meta({ description: `ISO 8601; at most ${maxKeyDays} days ahead`, examples: ['2026-12-31T23:59:59Z'] })

/** `POST /api/v1/keys`. */
export const KeyBody = z
  .strictObject({
    name: text().trim().min(1).max(100),
    expires_at: KeyExpiry,
    models: ModelList.min(1)
      .optional()
      .meta({ description: 'what the key may use of what its owner may; all of it unless given' }),
  })
  .meta({
    id: 'ApiKeyBody',
    examples: [{ name: 'nightly job', expires_at: '2026-12-31T23:59:59Z', models: ['openai/*'] }],
  })
export type KeyBody = z.infer<typeof KeyBody>

/** `POST /api/v1/keys/{id}/rotate`. */
export const KeyRotation = z
  .strictObject({
    overlap_hours: numberFrom(0, 168)
      .default(24)
      .meta({ description: 'how long the old key goes on beside the new one' }),
    expires_at: KeyExpiry.optional().meta({
      description: 'of the new key; it holds as long as the old one did unless given',
    }),
  })
  .meta({ id: 'ApiKeyRotation', examples: [{ overlap_hours: 24 }] })
export type KeyRotation = z.infer<typeof KeyRotation>

/** `retiring`: another key has taken its place, and it holds until `revoked_at`. */
const KeyStatus = z.enum(['active', 'retiring', 'revoked', 'expired'])

/** `GET /api/v1/keys`. */
export const KeyQuery = z.strictObject({
  status: KeyStatus.optional().meta({ description: 'of the key' }),
  ...page,
})
export type KeyQuery = z.infer<typeof KeyQuery>

const keyFields = {
  id: Id,
  name: z.string(),
  prefix: z.string().meta({ description: 'how the key begins', examples: ['gh_4Tq0ZsB'] }),
  status: KeyStatus,
  models: z.array(z.string()).nullable().meta({ description: 'null: all that its owner may use' }),
  created_at: Timestamp,
  expires_at: Timestamp,
  revoked_at: Timestamp.nullable().meta({ description: 'may lie ahead, where the key was rotated' }),
  replaces: Id.nullable().meta({ description: 'the key that this one takes the place of' }),
  last_used: z
    .object({ at: Timestamp, address: z.string().nullable(), client: z.string().nullable() })
    .nullable()
    .meta({ description: 'some seconds late' }),
}

/** A key as its owner sees it. */
export const KeyView = z.object(keyFields).meta({ id: 'ApiKey' })
export type KeyView = z.infer<typeof KeyView>
/** `GET /api/v1/keys`. */
export const KeyList = listOf(KeyView).meta({ id: 'ApiKeyList' })

/** The one answer that holds the key itself. */
export const NewKeyView = z
  .object({ ...keyFields, key: z.string().meta({ description: 'shown this once, and never again' }) })
  .meta({ id: 'NewApiKey' })
export type NewKeyView = z.infer<typeof NewKeyView>
