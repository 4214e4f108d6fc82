import { z } from 'zod'
import { Count, IdFilter, Timestamp } from './primitives.js'

const dayMs = 86_400_000
const maxDays = 400
const defaultDays = 30

/** What the bars of an overview are made of. */
export const UsageSplit = z.enum(['model', 'provider', 'key', 'none'])
export type UsageSplit = z.infer<typeof UsageSplit>
/** The same for admins. */
export const AdminUsageSplit = z.enum(['model', 'provider', 'key', 'principal', 'none'])
export type AdminUsageSplit = z.infer<typeof AdminUsageSplit>

const isTimeZone = (name: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** A name of the IANA database (https://www.iana.org/time-zones), not an offset: days have their own length there. */
const TimeZone = z
  .string()
  .max(100)
  .refine((name) => /^[A-Za-z]/.test(name) && isTimeZone(name), {
    error: 'is no time zone that is known here: give an IANA name, as Europe/Berlin',
  })
  .default('UTC')
  .meta({ description: 'IANA name of the zone whose days are meant', examples: ['Europe/Berlin'] })

const Day = z.iso
  .date({ error: 'is a day as 2026-11-22' })
  .refine((value) => value >= '2000' && value < '2100', { error: 'lies outside of 2000 to 2099' })

const days = {
  from: Day.optional().meta({ description: 'first day, in the time zone; 30 days before `to` unless given' }),
  to: Day.optional().meta({
    description: 'day, in the time zone, up to which; not in it itself. Tomorrow there unless given',
  }),
  time_zone: TimeZone,
}

/**
 * The days that a query of an overview is about, from the first on up to the second, which is not in it: today in its
 * zone and the 29 days before where it says nothing.
 * @param now milliseconds since the epoch
 */
export function overviewDays(
  query: { from?: string | undefined; to?: string | undefined; time_zone: string },
  now = Date.now(),
): { from: string; to: string } {
  // Dates of the Swedish locale are ISO 8601's.
  const today = new Intl.DateTimeFormat('sv-SE', { timeZone: query.time_zone }).format(now)
  const to = query.to ?? addDays(today, 1)
  return { from: query.from ?? addDays(to, -defaultDays), to }
}

/** The day so many days after another, or before it. */
export const addDays = (day: string, count: number): string =>
  new Date(Date.parse(day) + count * dayMs).toISOString().slice(0, 10)

function checkDays(
  query: { from?: string | undefined; to?: string | undefined; time_zone: string },
  context: z.RefinementCtx,
): void {
  // What is no day or no zone has been refused, and nothing can be said of it.
  if (context.issues.length > 0) return
  const { from, to } = overviewDays(query)
  const refuse = (message: string) => context.addIssue({ code: 'custom', path: ['from'], message })
  if (from >= to) refuse('must lie before "to"')
  else if (Date.parse(to) - Date.parse(from) > maxDays * dayMs)
    refuse(`must lie at most ${maxDays} days before "to"`)
}

/** `GET /api/v1/usage/overview` and `…/overview.csv`. */
export const UsageOverviewQuery = z
  .strictObject({
    ...days,
    split: UsageSplit.default('model').meta({ description: 'what the groups are' }),
  })
  .superRefine(checkDays)
export type UsageOverviewQuery = z.infer<typeof UsageOverviewQuery>

/** `GET /api/v1/admin/usage/overview` and `…/overview.csv`. */
export const AdminUsageOverviewQuery = z
  .strictObject({
    ...days,
    split: AdminUsageSplit.default('model').meta({ description: 'what the groups are' }),
    principal_id: IdFilter.optional().meta({ description: 'of one person or service account alone' }),
  })
  .superRefine(checkDays)
export type AdminUsageOverviewQuery = z.infer<typeof AdminUsageOverviewQuery>

const Cost = z.string().meta({
  description: 'US dollars as a decimal string; unpriced calls count as 0',
  examples: ['0.0421500000'],
})

const figures = {
  calls: Count,
  failed_calls: Count.meta({ description: 'without those that the caller aborted' }),
  aborted_calls: Count,
  unpriced_calls: Count.meta({ description: 'without a known price; they count as 0 in the cost' }),
  input_tokens: Count,
  output_tokens: Count,
  cached_tokens: Count,
  reasoning_tokens: Count,
  total_tokens: Count,
  total_cost: Cost,
  average_latency_ms: Count.nullable().meta({ description: 'null where there was no call' }),
}

/** Sums of calls. */
export const UsageFigures = z.object(figures).meta({ id: 'UsageFigures' })
export type UsageFigures = z.infer<typeof UsageFigures>

/** What a day is made of. */
export const UsagePart = z
  .object({
    id: z.string().meta({ description: 'of one of the groups' }),
    calls: Count,
    tokens: Count,
    cost: Cost,
  })
  .meta({ id: 'UsagePart' })
export type UsagePart = z.infer<typeof UsagePart>

/** A day of an overview; a day without a call is there as well. */
export const UsageDay = z
  .object({
    day: z.iso.date().meta({ description: 'in the time zone', examples: ['2026-01-15'] }),
    ...figures,
    split: z.array(UsagePart).meta({ description: 'the groups that had a call on this day, in their order' }),
  })
  .meta({ id: 'UsageDay' })
export type UsageDay = z.infer<typeof UsageDay>

/** A model, a provider, a key or somebody, with the sums of the whole time. */
export const UsageGroupFigures = z
  .object({
    id: z.string().meta({
      description:
        '`provider/model`, id of a provider, id of a key (`none`: calls without one), id of a principal, or `other`: all that is not among the first twelve',
    }),
    name: z
      .string()
      .nullable()
      .meta({ description: 'for people; null where it is known no more, for `none` and for `other`' }),
    provider: z.string().nullable().meta({ description: 'of a model or a provider' }),
    ...figures,
  })
  .meta({ id: 'UsageGroupFigures' })
export type UsageGroupFigures = z.infer<typeof UsageGroupFigures>

/** What calls came to in some days, and in as many days before. */
export const UsageOverview = z
  .object({
    time_zone: z.string(),
    from: z.iso.date(),
    to: z.iso.date().meta({ description: 'not in it' }),
    totals: UsageFigures,
    previous: UsageFigures.meta({ description: 'of as many days just before' }),
    days: z.array(UsageDay).meta({ description: 'oldest first' }),
    groups: z
      .array(UsageGroupFigures)
      .meta({ description: 'by cost, then by calls; twelve, and the rest in `other`' }),
    unpriced: z
      .array(z.object({ provider: z.string(), model: z.string(), calls: Count }))
      .meta({ description: 'models of calls without a known price, most calls first; at most 50' }),
    as_of: Timestamp,
  })
  .meta({ id: 'UsageOverview' })
export type UsageOverview = z.infer<typeof UsageOverview>
