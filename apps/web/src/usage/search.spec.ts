import { expect, it } from 'vitest'
import { usageSearch } from './search.ts'

it('takes from an address what can be meant', () => {
  const search = {
    from: '2026-11-01',
    to: '2026-11-16',
    zone: 'Europe/Berlin',
    split: 'key',
    metric: 'calls',
    range: '7',
  }
  expect(usageSearch(search)).toEqual({ ...search, of: undefined, principal: undefined, view: undefined })
})

it.each([
  { from: '2026-13-01' },
  { from: '1999-01-01' },
  { to: 'yesterday' },
  { zone: 'Mars/Base' },
  { split: 'moon' },
  { range: '12' },
])('leaves out %j', (search) => {
  expect(Object.values(usageSearch(search)).every((value) => value === undefined)).toBe(true)
})
