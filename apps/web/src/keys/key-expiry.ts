import type { KeyView } from '@gatehouse/contracts'

const dayMs = 86_400_000
/** From how long before its end on a key is warned about. */
const warnedDays = 7

/** How long a new key may hold, in days. */
export const expiryDays = [7, 30, 90, 365] as const

/** The moment that many days from now. */
export const inDays = (days: number, now = Date.now()): string => new Date(now + days * dayMs).toISOString()

/** The last moment of a day, in this browser's zone: a key holds through the day that is named. */
export const endOfDay = (date: string): string => new Date(`${date}T23:59:59`).toISOString()

/** A day as a date field has it, that many days from today, in this browser's zone. */
export function dateInDays(days: number, now = new Date()): string {
  const date = new Date(now.getFullYear(), now.getMonth(), now.getDate() + days)
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-')
}

/** Whether a key that holds will end within the week, with nothing in its place yet. */
export const endsSoon = ({ status, expires_at }: KeyView, now = Date.now()): boolean =>
  status === 'active' && Date.parse(expires_at) - now <= warnedDays * dayMs
