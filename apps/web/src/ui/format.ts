const dollarsLarge = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' })
const whole = new Intl.NumberFormat('en-US')
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 })

/**
 * US dollars with as many places as the amount needs: `$12.34`, `$0.0123`, `$0.00000042`; never an exponent. An unknown
 * price is a dash, since it is not nothing.
 */
export function usd(amount: number | string | null | undefined): string {
  if (amount === null || amount === undefined || amount === '') return '—'
  const value = Number(amount)
  if (!Number.isFinite(value)) return '—'
  if (value === 0) return '$0'
  const size = Math.abs(value)
  if (size >= 1) return dollarsLarge.format(value)
  // Two figures that count, and cents at least.
  const places = Math.min(12, Math.max(2, 1 - Math.floor(Math.log10(size)) + 1))
  const text = size.toFixed(places).replace(/(\.\d\d\d*?)0+$/, '$1')
  return `${value < 0 ? '−' : ''}$${text}`
}

/** `1,234,567`. */
export const count = (value: number): string => whole.format(value)

/** `1.2M`, for where there is little room; the whole figure belongs beside it for who asks. */
export const short = (value: number): string => (value < 10_000 ? whole.format(value) : compact.format(value))

/** Milliseconds as people say them: `8 ms`, `1.24 s`, `2 min 5 s`. */
export function duration(milliseconds: number | null | undefined): string {
  if (milliseconds === null || milliseconds === undefined) return '—'
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 2 : 1)} s`
  return `${Math.floor(milliseconds / 60_000)} min ${Math.round((milliseconds % 60_000) / 1000)} s`
}

/** A share of 0 to 1 as `12.3%`; a dash where there is none. */
export const percent = (share: number | null | undefined): string =>
  share === null || share === undefined
    ? '—'
    : `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : share > 0.9 && share < 1 ? 1 : 0)}%`

/** Bytes as `12 kB`. */
export function bytes(size: number | null | undefined): string {
  if (size === null || size === undefined) return '—'
  if (size < 1000) return `${size} B`
  if (size < 1_000_000) return `${Math.round(size / 1000)} kB`
  if (size < 1_000_000_000) return `${(size / 1_000_000).toFixed(1)} MB`
  return `${(size / 1_000_000_000).toFixed(1)} GB`
}

const steps: [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/** `5 minutes ago`, `in 3 days`. */
export function ago(at: string | number | Date, now = Date.now()): string {
  const seconds = Math.round((new Date(at).getTime() - now) / 1000)
  for (const [unit, size] of steps)
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit)
  return Math.abs(seconds) < 10 ? 'now' : relative.format(seconds, 'second')
}

/** A moment with its zone: `23 Nov 2026, 14:05:09 GMT+1`. */
export const moment = (at: string | number | Date, timeZone?: string): string =>
  new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
    ...(timeZone ? { timeZone } : {}),
  }).format(new Date(at))

/** A day: `23 Nov 2026`. */
export const day = (at: string | number | Date, timeZone?: string): string =>
  new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    ...(timeZone ? { timeZone } : {}),
  }).format(new Date(at))
