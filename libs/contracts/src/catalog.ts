import { z } from 'zod'
import { Count, listOf, Timestamp } from './primitives.js'

const UsdPerMillion = z
  .string()
  .meta({ description: 'US dollars for a million tokens, as a decimal string', examples: ['0.15'] })

/** A model that the caller may ask for. */
export const CatalogModel = z
  .object({
    id: z.string().meta({ description: 'as callers name it', examples: ['openai/gpt-4o-mini'] }),
    provider: z.string().meta({ description: "the provider's id; `gatehouse` for an alias" }),
    model: z.string().meta({ description: 'as the provider names it' }),
    name: z.string().nullable().meta({ description: 'for people, where the provider tells one' }),
    status: z.enum(['ready', 'degraded']).meta({
      description:
        '`degraded`: its provider did not list its models when last asked, or failed several times in a row just now',
    }),
    context_length: Count.nullable().meta({ description: 'tokens' }),
    max_output_tokens: Count.nullable(),
    input_modalities: z.array(z.string()).meta({ description: 'empty where unknown', examples: [['text']] }),
    output_modalities: z.array(z.string()).meta({ description: 'empty where unknown', examples: [['text']] }),
    price: z
      .object({
        input_usd_per_million: UsdPerMillion,
        output_usd_per_million: UsdPerMillion,
        cached_input_usd_per_million: UsdPerMillion.nullable().meta({
          description: 'null where cached tokens cost as much as others',
        }),
      })
      .nullable()
      .meta({ description: 'null where none is known' }),
    alias: z.boolean().meta({ description: "a name of the operator's for the candidates" }),
    candidates: z.array(z.string()).meta({
      description: 'of an alias: what answers to it, in its order; else empty',
      examples: [['openai/gpt-4o-mini', 'azure/gpt-4o-mini@west']],
    }),
  })
  .meta({ id: 'CatalogModel' })
export type CatalogModel = z.infer<typeof CatalogModel>

/** How a provider has done of late on this gateway, for all callers together. */
export const RecentCalls = z
  .object({
    window_minutes: z.literal(60),
    calls: Count,
    failed_calls: Count.meta({ description: 'without those that the caller aborted' }),
    success_rate: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .meta({ description: 'of the calls that were not aborted; null where there were none' }),
    median_first_byte_ms: Count.nullable(),
    last_success_at: Timestamp.nullable().meta({ description: 'within the window' }),
  })
  .meta({ id: 'RecentCalls' })
export type RecentCalls = z.infer<typeof RecentCalls>

/** A provider of models, configured or not. */
export const CatalogProvider = z
  .object({
    id: z.string(),
    name: z.string(),
    state: z.enum(['ready', 'degraded', 'unconfigured']),
    demo: z.boolean().meta({ description: 'answers by itself: no model stands behind it' }),
    missing: z.array(z.string()).meta({ description: 'variables to set, where it is not configured' }),
    credential: z
      .string()
      .nullable()
      .meta({
        description: '`keyless`, `key` or `none`; for admins what it is; null where it is not configured',
        examples: ['keyless', 'key'],
      }),
    problem: z.string().nullable().meta({
      description: 'a sentence of ours; what a provider or a credential said itself is for admins alone',
    }),
    models: Count.meta({ description: 'that the caller may use' }),
    recent: RecentCalls.nullable().meta({ description: 'null while the database cannot say' }),
  })
  .meta({ id: 'CatalogProvider' })
export type CatalogProvider = z.infer<typeof CatalogProvider>

/** `GET /api/v1/models`: aliases first, then by provider. What is known at once; no provider is asked for it. */
export const Catalog = listOf(CatalogModel)
  .extend({
    providers: z.array(CatalogProvider),
    complete: z
      .boolean()
      .meta({ description: 'false while a provider has not been heard of since the start' }),
  })
  .meta({ id: 'Catalog' })
export type Catalog = z.infer<typeof Catalog>
