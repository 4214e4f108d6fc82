import { z } from 'zod'
import { AdminUser, AuditView, SessionView } from './accounts.js'
import { KeyView } from './keys.js'
import { Count } from './primitives.js'
import { ServiceAccountView } from './service-accounts.js'
import { UsageFigures } from './usage-overview.js'

/** The calls of somebody within the last 30 days (UTC), today among them. */
export const RecentUsage = z
  .object({
    totals: UsageFigures,
    days: z
      .array(
        z.object({
          day: z.iso.date().meta({ examples: ['2026-01-15'] }),
          calls: Count,
          cost: z.string().meta({ description: 'US dollars as a decimal string' }),
        }),
      )
      .meta({ description: 'oldest first, days without a call as well' }),
    models: z
      .array(
        z.object({
          provider: z.string(),
          model: z.string(),
          calls: Count,
          tokens: Count,
          cost: z.string().meta({ description: 'US dollars as a decimal string' }),
        }),
      )
      .meta({ description: 'the five with the highest cost, then the most calls' }),
  })
  .meta({ id: 'RecentUsage' })
export type RecentUsage = z.infer<typeof RecentUsage>

const about = {
  keys: z.array(KeyView).meta({ description: 'newest first, ended ones too; at most 100' }),
  last_30_days: RecentUsage,
  audit: z.array(AuditView).meta({ description: 'what they did and what was done to them: the last 20' }),
}

/** `GET /api/v1/admin/users/{id}/detail`. */
export const AdminUserDetail = z
  .object({
    user: AdminUser,
    admin_by_environment: z.boolean().meta({
      description:
        'ADMIN_EMAILS names a verified address of theirs: whoever takes the role away sees it come back',
    }),
    sessions: z.array(SessionView).meta({ description: 'that hold, newest first; at most 50' }),
    ...about,
  })
  .meta({ id: 'AdminUserDetail' })
export type AdminUserDetail = z.infer<typeof AdminUserDetail>

/** `GET /api/v1/admin/service-accounts/{id}/detail`. */
export const ServiceAccountDetail = z
  .object({ account: ServiceAccountView, ...about })
  .meta({ id: 'ServiceAccountDetail' })
export type ServiceAccountDetail = z.infer<typeof ServiceAccountDetail>
