import { describe, expect, it } from 'vitest'
import { CallBody, HistoryQuery, mendText, PresetBody, Stop, text } from './index.js'

describe('text from a caller', () => {
  it('T68: is refused where Postgres would refuse it: with U+0000, or half a surrogate pair', () => {
    for (const bad of ['\u0000', 'a\u0000b', '\ud800', 'a\udc00', '\udc00\ud800']) {
      expect(text().safeParse(bad).success, JSON.stringify(bad)).toBe(false)
    }
    for (const good of ['', 'a', 'ä€', '😀', '\ufffd', '\u0001\n'])
      expect(text().safeParse(good).success).toBe(true)
  })

  it('T68: is so in every field that reaches the database or a provider', () => {
    const call = { provider: 'openai', model: 'm', prompt: 'p' }
    const preset = { name: 'n', provider: 'openai', model: 'm', parameters: {} }
    expect(CallBody.safeParse(call).success).toBe(true)
    expect(PresetBody.safeParse(preset).success).toBe(true)
    for (const bad of ['a\u0000', 'a\ud800']) {
      const refused = [
        ...['provider', 'model', 'prompt', 'system', 'stop'].map((name) =>
          CallBody.safeParse({ ...call, [name]: bad }),
        ),
        CallBody.safeParse({ ...call, prompt: undefined, messages: [{ role: 'user', content: bad }] }),
        ...['name', 'provider', 'model', 'description'].map((name) =>
          PresetBody.safeParse({ ...preset, [name]: bad }),
        ),
        PresetBody.safeParse({ ...preset, parameters: { system: bad } }),
        PresetBody.safeParse({ ...preset, parameters: { stop: [bad] } }),
        ...['provider', 'model', 'request_id', 'after'].map((name) =>
          HistoryQuery.safeParse({ [name]: bad }),
        ),
      ]
      for (const [index, { success }] of refused.entries()) expect(success, String(index)).toBe(false)
    }
  })

  it('is mended where it comes from somebody who cannot be asked to send it again', () => {
    expect(mendText('a\u0000b\ud800')).toBe('a\ufffdb\ufffd')
    expect(mendText('ä😀')).toBe('ä😀')
  })
})

describe('stop', () => {
  it('is at most 4 texts of at most 256 characters', () => {
    for (const good of ['x', 'x'.repeat(256), ['a', 'b', 'c', 'd']])
      expect(Stop.safeParse(good).success).toBe(true)
    for (const bad of ['', 'x'.repeat(257), [], ['x'.repeat(257)], ['a', 'b', 'c', 'd', 'e'], ['']])
      expect(Stop.safeParse(bad).success).toBe(false)
  })
})
