import { expect, it } from 'vitest'
import { orderWays } from './last-way.ts'

it('the way that was used last comes first, the one for trying out last', () => {
  const ways = ['local', 'github', 'google'].map((id) => ({ id }))
  expect(orderWays(ways, null).map(({ id }) => id)).toEqual(['github', 'google', 'local'])
  expect(orderWays(ways, 'google').map(({ id }) => id)).toEqual(['google', 'github', 'local'])
  expect(orderWays(ways, 'local').map(({ id }) => id)).toEqual(['local', 'github', 'google'])
})
