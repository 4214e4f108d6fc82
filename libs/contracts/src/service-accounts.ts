import { z } from 'zod'
import { Role } from './accounts.js'
import { ModelList } from './keys.js'
import { Count, Id, listOf, page, Timestamp, text } from './primitives.js'

/** `GET /api/v1/admin/service-accounts`. */
export const ServiceAccountQuery = z.strictObject({
  query: text()
    .trim()
    .min(1)
    .max(320)
    .optional()
    .meta({ description: 'name or subject, each in part; id, issuer or prefix of a key, each whole' }),
  status: z.enum(['active', 'disabled']).optional().meta({ description: 'of the account' }),
  ...page,
})
export type ServiceAccountQuery = z.infer<typeof ServiceAccountQuery>

/** `PATCH /api/v1/admin/service-accounts/{id}`. */
export const ServiceAccountPatch = z
  .strictObject({
    name: text().trim().min(1).max(100).optional(),
    models: ModelList.nullable()
      .optional()
      .meta({ description: 'what it may use; null: every model, an empty list: none' }),
  })
  .refine(({ name, models }) => name !== undefined || models !== undefined, {
    error: 'Give "name", "models", or both.',
  })
  .meta({ id: 'ServiceAccountPatch', examples: [{ name: 'invoices', models: ['openai/gpt-4o-mini'] }] })
export type ServiceAccountPatch = z.infer<typeof ServiceAccountPatch>

const accountFields = {
  id: Id,
  name: z.string().nullable(),
  roles: z.array(Role),
  status: z.enum(['active', 'disabled']),
  models: z.array(z.string()).nullable().meta({ description: 'null: every model' }),
  identities: z.array(
    z.object({ provider: z.string(), issuer: z.string(), subject: z.string(), linked_at: Timestamp }),
  ),
  keys: Count.meta({ description: 'API keys that hold' }),
  created_at: Timestamp,
  last_seen_at: Timestamp.nullable(),
}

/** A service account as the store has it. */
export type ServiceAccount = z.infer<z.ZodObject<typeof accountFields>>

/** Sums of the calls of the last 30 days that have ended. */
export const RecentFigures = z
  .object({
    calls: Count,
    failed_calls: Count.meta({ description: 'without those that the caller aborted' }),
    total_tokens: Count,
    total_cost: z.string().meta({ description: 'US dollars as a decimal string' }),
  })
  .meta({ id: 'RecentFigures' })
export type RecentFigures = z.infer<typeof RecentFigures>

/** A service account as an admin sees it. */
export const ServiceAccountView = z
  .object({ ...accountFields, last_30_days: RecentFigures })
  .meta({ id: 'ServiceAccount' })
export type ServiceAccountView = z.infer<typeof ServiceAccountView>
/** A page of service accounts. */
export const ServiceAccountList = listOf(ServiceAccountView).meta({ id: 'ServiceAccountList' })
