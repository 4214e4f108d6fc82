import { z } from 'zod'
import { Count, Timestamp } from './primitives.js'

const States = z.record(z.string(), Count)

/** A configuration variable as this process took it at its start. */
export const SettingView = z
  .object({
    name: z.string().meta({ examples: ['KEEP_CONTENT'] }),
    title: z.string().meta({ description: 'the part of the configuration it belongs to' }),
    source: z
      .enum(['default', 'environment', 'file'])
      .meta({ description: '`file`: the .env of its folder' }),
    value: z
      .string()
      .nullable()
      .meta({ description: 'as it was written; null for a secret, and where it was not set' }),
    secret: z.boolean().meta({ description: 'its value is never shown; `source` says whether it is set' }),
    comment: z.string().meta({ description: 'what it does' }),
  })
  .meta({ id: 'Setting' })
export type SettingView = z.infer<typeof SettingView>

/** `GET /api/v1/admin/status`: of the process that answers, where it does not say otherwise. */
export const SystemStatus = z
  .object({
    version: z.string(),
    node_version: z.string(),
    started_at: Timestamp,
    environment: z.enum(['production', 'development']),
    public_url: z.string(),
    database: z.object({
      kind: z.enum(['embedded', 'server']),
      version: z.string().nullable(),
      size_bytes: Count.nullable(),
      migrations: z.object({
        applied: Count,
        pending: Count.meta({ description: 'that this version has and the database has not' }),
      }),
    }),
    spool: z.object({
      waiting: Count.meta({ description: 'records of calls that are not in the database yet' }),
      bytes: Count,
    }),
    live_calls: Count,
    memory_bytes: Count.meta({ description: 'resident' }),
    providers: States.meta({ description: 'of models, by state', examples: [{ ready: 2, unconfigured: 5 }] }),
    issuers: States.meta({ description: 'whose tokens are trusted, by state', examples: [{ ok: 1 }] }),
    sign_in_providers: z.array(z.string()),
    content: z.object({ kept: z.enum(['own', 'all', 'none']), retention_days: Count }),
    settings: z.array(SettingView),
    warnings: z.array(z.string()).meta({ description: 'what the start said of the configuration' }),
  })
  .meta({ id: 'SystemStatus' })
export type SystemStatus = z.infer<typeof SystemStatus>
