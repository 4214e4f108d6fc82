import { describe, expect, it } from 'vitest'
import { scrub } from './scrub.js'

describe('a quote of a provider', () => {
  it('T54: holds no secret that we know, in any spelling', () => {
    const secret = 'p/ss"w+rd=?'
    const spellings = [secret, encodeURIComponent(secret), JSON.stringify(secret)]
    const clean = scrub(`raw ${spellings.join(' and ')} end`, [secret])
    for (const spelling of spellings) expect(clean).not.toContain(spelling)
    expect(clean).toMatch(/^raw \[removed\] and .* end$/)
  })

  it.each([
    'sk-proj-AbCdEf0123456789AbCdEf',
    'sk-up-0123456789',
    'xai-AbCdEf0123456789',
    'AIzaSyD0123456789abcdefghijklmnopqrstu',
    'AKIAIOSFODNN7EXAMPLE',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
    'Bearer abcdefgh12345678',
    'api-key: 12345678',
    '"x-api-key":"12345678"',
    '0123456789abcdef0123456789abcdef',
    'client_secret=a1b2c3d4e5',
  ])('T54: holds nothing that looks like a credential: %s', (credential) => {
    const clean = scrub(`before ${credential} after`, [])
    expect(clean).toMatch(
      /^before .*\[removed\].* after$|^before \[removed\] after$|^before "?\[removed\]"? after$/,
    )
    expect(clean).not.toContain(credential.slice(-8))
  })

  it('leaves the words that help', () => {
    const text =
      "The model `meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8` does not exist; use claude-sonnet-4-5-20250929-v1:0. This model's maximum context length is 128000 tokens (req 123e4567-e89b-12d3-a456-426614174000)."
    expect(scrub(text, [])).toBe(text)
  })

  it('is one line of printable text, and not long', () => {
    expect(scrub('a\r\nb\u0000c\u001b[31md\u2028e', [])).toBe('a b c [31md e')
    const long = scrub('word '.repeat(10_000), [])
    expect(long.length).toBeLessThanOrEqual(501)
    // A secret of two letters would remove half the words.
    expect(scrub('an answer', ['an', ''])).toBe('an answer')
  })
})
