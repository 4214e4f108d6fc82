import { z } from 'zod'
import { Count, Id, IdFilter, listOf, Timestamp, text } from './primitives.js'

const dayMs = 86_400_000
const maxDays = 400
const defaultDays = 30

/** A day or a whole hour, in UTC. */
const HourMoment = z
  .union([z.iso.date(), z.iso.datetime()], {
    error: 'is a day as 2026-11-22, or a whole hour as 2026-11-22T13:00:00Z',
  })
  .refine((value) => Date.parse(value) % 3_600_000 === 0, {
    error: 'is a whole hour: sums are kept by the hour',
  })
  .refine((value) => value >= '2000', { error: 'lies before the year 2000' })

/**
 * The time that a query of usage is about, from the first moment on up to the second, which is not in it. Today (UTC) and
 * the 29 days before it where the query says nothing.
 * @param now milliseconds
 */
export function usageRange(query: { from?: string | undefined; to?: string | undefined }, now = Date.now()) {
  const to = query.to ? Date.parse(query.to) : (Math.floor(now / dayMs) + 1) * dayMs
  const from = query.from ? Date.parse(query.from) : to - defaultDays * dayMs
  return { from: new Date(from), to: new Date(to) }
}

/** What usage can be summed up by. */
export type UsageGroup = 'day' | 'hour' | 'provider' | 'model' | 'key' | 'principal'
const ownGroups: UsageGroup[] = ['day', 'hour', 'provider', 'model', 'key']
const allGroups: UsageGroup[] = [...ownGroups, 'principal']

const namesIn = (list: string): string[] => list.split(',').map((name) => name.trim())

/** The groups that a `group_by` names. */
export const usageGroups = (list: string): UsageGroup[] => {
  const names = namesIn(list)
  return allGroups.filter((group) => names.includes(group))
}

/** A comma list of groups, none of them twice. It stays a text: what is changed while it is read has no JSON schema. */
const groups = (known: UsageGroup[]) =>
  z
    .string()
    .default('day')
    .refine(
      (list) =>
        namesIn(list).every((name) => known.some((group) => group === name)) &&
        new Set(namesIn(list)).size === namesIn(list).length,
      { error: `is a comma list of some of ${known.join(', ')}, each once` },
    )
    .refine((list) => !(namesIn(list).includes('day') && namesIn(list).includes('hour')), {
      error: 'takes day or hour, not both',
    })
    .meta({ description: `comma list of ${known.join(', ')}; of day and hour only one` })

const what = {
  from: HourMoment.optional().meta({
    description: 'first day or hour, UTC; 30 days before `to` unless given',
  }),
  to: HourMoment.optional().meta({
    description: 'day or hour, UTC, up to which; it is not in the sums itself. The end of today unless given',
  }),
  provider: text().min(1).max(100).optional().meta({ description: 'id of a provider, or an alias of one' }),
  model: text().min(1).max(300).optional().meta({ description: 'as the provider names it' }),
}
const own = { ...what, group_by: groups(ownGroups) }
const all = {
  ...what,
  group_by: groups(allGroups),
  principal_id: IdFilter.optional().meta({ description: 'of one person or service alone' }),
}
const usagePage = {
  limit: z.coerce
    .number({ error: 'must be a whole number from 1 to 1000' })
    .int()
    .min(1)
    .max(1000)
    .default(100)
    .meta({ description: 'rows of a page' }),
  after: text().max(2000).optional().meta({ description: 'id of the last row of the page before' }),
  order: z
    .enum(['asc', 'desc'])
    .default('desc')
    .meta({ description: 'by time, then by what else it is grouped by' }),
}

/** Refuses what takes too long to sum up, and what cannot be meant. */
function checkRange(
  query: { from?: string | undefined; to?: string | undefined },
  context: z.RefinementCtx,
): void {
  const { from, to } = usageRange(query)
  const refuse = (message: string) => context.addIssue({ code: 'custom', path: ['from'], message })
  if (from >= to) refuse('must lie before "to"')
  else if (to.getTime() - from.getTime() > maxDays * dayMs)
    refuse(`must lie at most ${maxDays} days before "to"`)
}

/** `GET /api/v1/usage`. */
export const UsageQuery = z.strictObject({ ...own, ...usagePage }).superRefine(checkRange)
export type UsageQuery = z.infer<typeof UsageQuery>

/** `GET /api/v1/usage/export.csv`. */
export const UsageExportQuery = z.strictObject(own).superRefine(checkRange)
export type UsageExportQuery = z.infer<typeof UsageExportQuery>

/** `GET /api/v1/admin/usage`. */
export const AdminUsageQuery = z.strictObject({ ...all, ...usagePage }).superRefine(checkRange)
export type AdminUsageQuery = z.infer<typeof AdminUsageQuery>

/** `GET /api/v1/admin/usage/export.csv`. */
export const AdminUsageExportQuery = z.strictObject(all).superRefine(checkRange)
export type AdminUsageExportQuery = z.infer<typeof AdminUsageExportQuery>

/** Sums of the calls of one group. What it was not grouped by is absent. */
export const UsageRow = z
  .object({
    id: z.string().meta({ description: 'for `after`; made of what the row is grouped by' }),
    day: z.iso
      .date()
      .optional()
      .meta({ description: 'UTC', examples: ['2026-01-15'] }),
    hour: Timestamp.optional().meta({ description: 'begin of the hour, UTC' }),
    provider: z.string().optional().meta({ description: 'also where it is grouped by model' }),
    model: z.string().optional(),
    key_id: Id.nullable().optional().meta({ description: 'null for calls without an API key' }),
    principal_id: Id.optional(),
    total_calls: Count,
    failed_calls: Count.meta({ description: 'without those that the caller aborted' }),
    aborted_calls: Count,
    unpriced_calls: Count.meta({ description: 'without a known price; they count as 0 in the cost' }),
    input_tokens: Count,
    output_tokens: Count,
    cached_tokens: Count,
    reasoning_tokens: Count,
    total_tokens: Count,
    total_cost: z.string().meta({ description: 'US dollars as a decimal string' }),
    average_latency_ms: z.number().nullable(),
  })
  .meta({ id: 'UsageRow' })
export type UsageRow = z.infer<typeof UsageRow>
/** A page of sums. */
export const UsageList = listOf(UsageRow).meta({ id: 'UsageList' })
