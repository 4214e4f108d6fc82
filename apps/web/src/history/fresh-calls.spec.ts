import { expect, it } from 'vitest'
import { freshCalls, merged } from './fresh-calls.ts'

const calls = (...ids: string[]) => ids.map((id) => ({ id }))

it('finds what is new, also what began before the newest that is shown', () => {
  const shown = calls('7', '5', '3')
  expect(freshCalls(calls('9', '7', '6', '5'), shown, true)).toEqual(calls('9', '6'))
  expect(merged(calls('9', '6'), shown)).toEqual(calls('9', '7', '6', '5', '3'))
})

it('leaves what belongs to the next page there', () => {
  expect(freshCalls(calls('5', '3', '2'), calls('5', '3'), true)).toEqual([])
  expect(freshCalls(calls('5', '3', '2'), calls('5', '3'), false)).toEqual(calls('2'))
  expect(freshCalls(calls('1'), [], false)).toEqual(calls('1'))
})
