import { describe, expect, it } from 'vitest'
import { safeLink } from './safe-link.ts'

describe('safeLink (T71)', () => {
  it.each(['https://example.test/a?b=c', 'http://example.test', 'mailto:a@example.test'])('keeps %s', (url) =>
    expect(safeLink(url, 'href')).toBe(url),
  )
  it.each([
    'javascript:alert(1)',
    ' java\nscript:alert(1)',
    'JaVaScRiPt:1',
    'data:text/html,x',
    'vbscript:x',
    'file:///etc/passwd',
    '/admin',
    '//evil.test',
    '',
    'blob:x',
  ])('leads nowhere for %j', (url) => expect(safeLink(url, 'href')).toBe(''))
})
