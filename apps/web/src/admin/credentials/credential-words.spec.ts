import { expect, it } from 'vitest'
import { ageWords, remarks, usedThisHour } from './credential-words.ts'

const now = Date.parse('2026-11-23T12:00:00Z')

it.each([
  ['expiring_key', 91, '2027-02-01T00:00:00Z', ['Older than 90 days: replace it']],
  ['expiring_key', 90, '2027-02-01T00:00:00Z', []],
  ['expiring_key', 20, '2026-11-27T18:00:00Z', ['Ends in 4 days']],
  ['expiring_key', 20, '2026-11-24T13:00:00Z', ['Ends in 1 day']],
  ['expiring_key', 20, '2026-11-23T18:00:00Z', ['Ends within a day']],
  ['certificate', 400, '2026-11-20T00:00:00Z', ['Has ended: replace it']],
  ['static_key', 120, null, ['Older than 90 days: replace it']],
  ['static_key', null, null, []],
  ['session', 400, '2026-11-23T18:00:00Z', []],
] as const)('%s of %s days that ends %s', (kind, age_days, expires_at, said) => {
  expect(remarks({ kind, age_days, expires_at }, now)).toEqual(said)
})

it.each([
  ['outbound', '2026-11-23T11:00:01Z', true],
  ['outbound', '2026-11-23T10:00:00Z', false],
  ['outbound', null, false],
  ['inbound', '2026-11-23T11:59:00Z', false],
] as const)('of %s used at %s the hour alone is told: %s', (side, last_used_at, told) => {
  expect(usedThisHour({ side, last_used_at }, now)).toBe(told)
})

it('says ages in whole days', () => {
  expect([null, 0.4, 1.9, 120.2].map(ageWords)).toEqual(['—', 'today', '1 day', '120 days'])
})
