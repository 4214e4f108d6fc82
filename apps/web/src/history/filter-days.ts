import { dayIn } from '../ui/zoned-day.ts'

/** The first day of a filter, in a time zone; empty where there is none, or none that can be meant. */
export const firstDay = (from: string | undefined, zone: string): string =>
  from === undefined || Number.isNaN(Date.parse(from)) ? '' : dayIn(from, zone)

/** The last day that is in it: it ends where the next one begins. */
export const lastDay = (to: string | undefined, zone: string): string =>
  to === undefined || Number.isNaN(Date.parse(to)) ? '' : dayIn(Date.parse(to) - 1, zone)
