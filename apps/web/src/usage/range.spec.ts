import { expect, it } from 'vitest'
import { daysIn, forecast, rangeOf } from './range.ts'

// In Auckland the 16th has begun.
const now = Date.parse('2026-11-15T12:00:00Z')

it.each([
  [{}, 'UTC', '2026-10-17', '2026-11-16'],
  [{}, 'Pacific/Auckland', '2026-10-18', '2026-11-17'],
  [{ range: '7' as const }, 'UTC', '2026-11-09', '2026-11-16'],
  [{ range: 'month' as const }, 'UTC', '2026-11-01', '2026-11-16'],
  [{ from: '2026-01-01', to: '2026-02-01', range: '7' as const }, 'UTC', '2026-01-01', '2026-02-01'],
  [{ to: '2026-02-01' }, 'UTC', '2026-01-02', '2026-02-01'],
])('%j in %s is from %s up to %s', (search, zone, from, to) => {
  expect(rangeOf(search, zone, now)).toEqual({ from, to })
})

it('counts days', () => {
  expect(daysIn(rangeOf({}, 'UTC', now))).toBe(30)
})

it('foretells this month alone, once a day of it is over', () => {
  const month = { from: '2026-11-01', to: '2026-11-16' }
  expect(forecast(month, 14.5, 'UTC', now)).toEqual({ cost: 30, lastDay: '2026-11-30' })
  expect(forecast({ from: '2026-10-01', to: '2026-11-01' }, 14.5, 'UTC', now)).toBeNull()
  expect(forecast({ from: '2026-11-02', to: '2026-11-16' }, 14.5, 'UTC', now)).toBeNull()
  expect(forecast(month, 1, 'UTC', Date.parse('2026-11-01T10:00:00Z'))).toBeNull()
})
