import { expect, it } from 'vitest'
import { deviceOf, isPhone } from './device.ts'

const chrome =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36'
const safari =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1'
const edge =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0'

it('says what a browser is, and a program by its own name', () => {
  expect(deviceOf(chrome)).toBe('Chrome on Linux')
  expect(deviceOf(safari)).toBe('Safari on iPhone')
  expect(deviceOf(edge)).toBe('Edge on Windows')
  expect(deviceOf('curl/8.14.1')).toBe('curl/8.14.1')
  expect(deviceOf('OpenAI/Python 2.1 (linux)')).toBe('OpenAI/Python 2.1')
  expect(deviceOf('<img src=x onerror=alert(1)>')).toBe('<img src=x onerror=alert')
  for (const nothing of [null, '', ' ']) expect(deviceOf(nothing)).toBe('Unknown device')
  expect([isPhone(safari), isPhone(chrome), isPhone(null)]).toEqual([true, false, false])
})
