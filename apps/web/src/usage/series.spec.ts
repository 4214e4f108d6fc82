import type { UsageDay, UsageGroupFigures } from '@gatehouse/contracts'
import { expect, it } from 'vitest'
import { seriesOf } from './series.ts'

const group = (id: string, calls: number, cost: number) =>
  ({
    id,
    name: null,
    provider: 'p',
    calls,
    total_tokens: calls * 10,
    total_cost: String(cost),
  }) as UsageGroupFigures
const day = (name: string, parts: [id: string, calls: number][]) =>
  ({
    day: name,
    split: parts.map(([id, calls]) => ({ id, calls, tokens: calls * 10, cost: String(calls / 10) })),
  }) as UsageDay

it('gives the largest their place by what is measured, and loses nothing of the others', () => {
  const groups = Array.from({ length: 12 }, (_, at) => group(`p/m${at}`, at + 1, 12 - at))
  const all: [string, number][] = groups.map(({ id, calls }) => [id, calls])
  const { series, days } = seriesOf(
    {
      groups: [...groups, group('other', 5, 0)],
      days: [day('2026-11-01', [...all, ['other', 5]]), day('2026-11-02', [])],
    },
    'calls',
    'model',
  )
  expect(series.map(({ name }) => name)).toEqual([
    'p/m11',
    'p/m10',
    'p/m9',
    'p/m8',
    'p/m7',
    'p/m6',
    'p/m5',
    'p/m4',
    'Other',
  ])
  expect(days[0]?.values).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 15])
  expect(days[0]?.total).toBe(83)
  expect(days[1]).toEqual({ day: '2026-11-02', values: [0, 0, 0, 0, 0, 0, 0, 0, 0], total: 0 })
})

it('shows no others where there are none, and no group that has nothing', () => {
  const { series, days } = seriesOf(
    { groups: [group('k', 2, 0.2), group('none', 1, 0)], days: [day('2026-11-01', [['k', 2]])] },
    'cost',
    'key',
  )
  expect(series.map(({ name }) => name)).toEqual(['Deleted key'])
  expect(days[0]?.values).toEqual([0.2])
})
