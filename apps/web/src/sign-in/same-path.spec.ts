import { expect, it } from 'vitest'
import { samePath } from './same-path.ts'

const origin = 'https://gate.example'

it.each(['/usage?split=provider', '/history', '/', '/admin/users/1?a=//b#c'])('%s is gone on to', (next) => {
  expect(samePath(next, origin)).toBe(next)
})

it.each([
  '//evil.test',
  '/\\evil.test',
  '\\\\evil.test',
  'https://evil.test/',
  'javascript:alert(1)',
  'evil.test',
  '/\t/evil.test',
  '',
])('%j leads to the first page', (next) => {
  expect(samePath(next, origin)).toBe('/start')
})

it.each(['/.//evil.test', '/x/..//evil.test', '/%2e//evil.test', '/./\\evil.test'])(
  '%s leads nowhere but here',
  (next) => {
    expect(new URL(samePath(next, origin), origin).origin).toBe(origin)
  },
)
