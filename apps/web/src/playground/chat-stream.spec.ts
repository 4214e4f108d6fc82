import { describe, expect, it } from 'vitest'
import { type ChatEvent, ChatStream } from './chat-stream.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const delta = (delta: object, more: object = {}) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, ...more }] })}\n\n`

describe('ChatStream', () => {
  const whole = [
    ': hello\n\n',
    delta({ role: 'assistant', content: '' }),
    delta({ reasoning_content: 'Hm' }),
    delta({ content: 'Grüße, 世界 👋' }),
    delta({ content: ' and more' }, { finish_reason: 'stop' }),
    `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 5, cost: 0.25 } })}\n\n`,
    'data: [DONE]\n\n',
  ].join('')
  const meant: ChatEvent[] = [
    { kind: 'reasoning', text: 'Hm' },
    { kind: 'text', text: 'Grüße, 世界 👋' },
    { kind: 'text', text: ' and more' },
    { kind: 'finish', reason: 'stop' },
    { kind: 'usage', input: 3, output: 5, cost: 0.25 },
    { kind: 'done' },
  ]

  it('reads the same however the bytes are cut', () => {
    for (const ends of ['\n', '\r\n']) {
      const all = bytes(whole.replaceAll('\n', ends))
      for (const size of [1, 2, 3, 7, 64, all.length]) {
        const stream = new ChatStream()
        const events: ChatEvent[] = []
        for (let at = 0; at < all.length; at += size) events.push(...stream.push(all.subarray(at, at + size)))
        expect([...events, ...stream.finish()]).toEqual(meant)
      }
    }
  })

  it('reads a last event without a blank line behind it', () => {
    const stream = new ChatStream()
    expect(stream.push(bytes('data: [DONE]'))).toEqual([])
    expect(stream.finish()).toEqual([{ kind: 'done' }])
  })

  it('tells an error that comes inside of the stream', () => {
    const error = { message: 'The provider limits the rate.', code: 'provider_rate_limited' }
    expect(new ChatStream().push(bytes(`data: ${JSON.stringify({ error })}\n\n`))).toEqual([
      { kind: 'error', ...error },
    ])
    expect(new ChatStream().push(bytes('data: {"error":{}}\n\n'))).toMatchObject([
      { kind: 'error', code: null },
    ])
  })

  it('does nothing with events of other kinds, nor with what is no JSON (T71)', () => {
    const evil = 'event: execute\ndata: {"choices":[{"delta":{"content":"alert(1)"}}]}\n\n'
    expect(new ChatStream().push(bytes(`${evil}data: {broken\n\ndata: 7\n\ndata: null\n\n`))).toEqual([])
  })

  it('takes a refusal for what is said', () => {
    expect(new ChatStream().push(bytes(delta({ refusal: 'I will not.' })))).toEqual([
      { kind: 'text', text: 'I will not.' },
    ])
  })
})
