import { expect, it } from 'vitest'
import { changeOf, pointsOf } from './change.ts'

it.each([
  [112, 100, 'more', '12%'],
  [95, 100, 'less', '5.0%'],
  [5000, 100, 'more', '49 times'],
  [100.0001, 100, 'same', ''],
  [100, 100, 'same', ''],
  [5, 0, 'new', ''],
  [0, 5, 'less', '100%'],
  [0, 0, 'none', ''],
])('%s after %s is %s by %s', (now, before, direction, amount) => {
  expect(changeOf(now, before)).toEqual({ direction, amount })
})

it('says by how many points a rate has moved', () => {
  expect(pointsOf(0.02, 0.01)).toEqual({ direction: 'more', amount: '1.0 points' })
  expect(pointsOf(0.0101, 0.01)).toEqual({ direction: 'same', amount: '' })
  expect(pointsOf(0.02, null)).toEqual({ direction: 'none', amount: '' })
})
