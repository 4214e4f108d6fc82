import type { KeyView } from '@gatehouse/contracts'
import { expect, it } from 'vitest'
import { dateInDays, endOfDay, endsSoon, inDays } from './key-expiry.ts'

it('a key holds through the day that is named, here', () => {
  expect(new Date(endOfDay('2026-12-31')).toString()).toContain('Dec 31 2026 23:59:59')
  expect(dateInDays(1, new Date(2026, 11, 31, 15))).toBe('2027-01-01')
  expect(inDays(7, 0)).toBe('1970-01-08T00:00:00.000Z')
})

it('warns within the last week, and of keys alone that nothing has taken the place of', () => {
  const key = (status: KeyView['status'], days: number) =>
    ({ status, expires_at: inDays(days, 0) }) as KeyView
  expect(endsSoon(key('active', 7), 0)).toBe(true)
  expect(endsSoon(key('active', 8), 0)).toBe(false)
  expect(endsSoon(key('retiring', 2), 0)).toBe(false)
  expect(endsSoon(key('revoked', 2), 0)).toBe(false)
})
