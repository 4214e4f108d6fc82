import { expect, it } from 'vitest'
import { ago, bytes, duration, percent, usd } from './format.ts'

it.each([
  [12.3456, '$12.35'],
  [1234.5, '$1,234.50'],
  [0.5, '$0.50'],
  [0.0123, '$0.0123'],
  [0.00000042, '$0.00000042'],
  ['0.0000002', '$0.0000002'],
  [0, '$0'],
  ['0.0000000000', '$0'],
  [-0.05, '−$0.05'],
  [null, '—'],
  [Number.NaN, '—'],
])('money: %s is %s', (amount, text) => {
  expect(usd(amount)).toBe(text)
})

it.each([
  [8, '8 ms'],
  [1240, '1.24 s'],
  [12_400, '12.4 s'],
  [125_000, '2 min 5 s'],
  [null, '—'],
])('time: %s is %s', (milliseconds, text) => {
  expect(duration(milliseconds)).toBe(text)
})

it.each([
  [0, '0%'],
  [0.004, '0.4%'],
  [0.5, '50%'],
  [0.995, '99.5%'],
  [1, '100%'],
  [null, '—'],
])('share: %s is %s', (share, text) => {
  expect(percent(share)).toBe(text)
})

it('says how long ago something was', () => {
  const now = Date.parse('2026-11-23T12:00:00Z')
  expect(ago('2026-11-23T11:59:58Z', now)).toBe('now')
  expect(ago('2026-11-23T11:55:00Z', now)).toBe('5 minutes ago')
  expect(ago('2026-11-26T12:00:00Z', now)).toBe('in 3 days')
  expect(bytes(1_500_000)).toBe('1.5 MB')
})
