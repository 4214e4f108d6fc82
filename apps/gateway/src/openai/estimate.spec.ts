import { describe, expect, it } from 'vitest'
import { estimateTokens } from './estimate.js'

const sentence = ' The quick brown fox jumps over the lazy dog; it was, all told, an uneventful afternoon.'

describe('An estimate of tokens', () => {
  it.each([
    ['', 0],
    ['Hi', 1],
    ['Hello, world!', 4],
    ['Grüße aus der Küche', 6],
    ['你好，世界', 3],
    ['👋🏽', 4],
    ['<|endoftext|>', 7],
  ])('of %j is %i', (text, tokens) => {
    expect(estimateTokens(text)).toBe(tokens)
  })

  it('is the same for a text that is counted in pieces, but for a few in a hundred', () => {
    const one = estimateTokens(sentence)
    const many = estimateTokens(sentence.repeat(100))
    expect(Math.abs(many - 100 * one) / many).toBeLessThan(0.03)
  })

  it('of a text that is too long to count is drawn from all of it', () => {
    const half = sentence.repeat(5_000)
    const digits = '0123456789'.repeat(44_000)
    const parts = estimateTokens(half) + estimateTokens(digits)
    const both = estimateTokens(half + digits)
    expect(Math.abs(both - parts) / parts).toBeLessThan(0.1)
  })

  it.each([
    ['one letter', 'a'.repeat(1_000_000)],
    ['no spaces', '人工智能正在改变世界的每一个角落'.repeat(60_000)],
    ['nothing but spaces', ' '.repeat(1_000_000)],
    ['halves of characters', '\ud83d'.repeat(1_000_000)],
  ])('of a million characters of %s does not hold up the others', (_case, text) => {
    estimateTokens('Hi')
    const before = process.cpuUsage()
    expect(estimateTokens(text)).toBeGreaterThan(0)
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1_000).toBeLessThan(2_000)
  })
})
