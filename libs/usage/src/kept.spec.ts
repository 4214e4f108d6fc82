import { describe, expect, it } from 'vitest'
import { keptMessages, shortened } from './kept.js'

const image = {
  type: 'image_url' as const,
  image_url: { url: `data:image/png;base64,${'A'.repeat(100_000)}` },
}

describe('what is kept of a call', () => {
  it('has messages of text and of parts, under the roles that there are', () => {
    const prompt = [
      { role: 'system', content: 'Be brief' },
      { role: 'user', content: [{ type: 'text', text: 'What is it?' }, image] },
      { role: 'tool', content: '21 °C' },
      { role: 'function', content: 'x' },
      { role: 'robot', content: 'y' },
    ]
    expect(keptMessages(prompt)?.map(({ role }) => role)).toEqual(['system', 'user', 'tool', 'tool', 'user'])
    expect(keptMessages(prompt)?.[1]?.content).toEqual([{ type: 'text', text: 'What is it?' }, image])
    for (const none of [null, undefined, 'text', {}, [{ role: 'user' }]])
      expect(keptMessages(none)).toBeNull()
  })

  it('is shown whole where it is short', () => {
    const said = {
      prompt: [{ role: 'user' as const, content: 'x'.repeat(65_536) }],
      response: 'y',
      parameters: { a: 1 },
    }
    expect(shortened(said)).toEqual({ ...said, truncated: false })
    const none = { prompt: null, response: null, parameters: null }
    expect(shortened(none)).toEqual({ ...none, truncated: false })
  })

  it('is cut after 65,536 characters of the prompt and of the answer, never within a character; images stay', () => {
    const { prompt, response, truncated } = shortened({
      prompt: [
        { role: 'system', content: 'a'.repeat(60_000) },
        { role: 'user', content: [image, { type: 'text', text: `${'b'.repeat(5_535)}😀` }, image] },
        { role: 'user', content: 'behind the cut' },
      ],
      response: `${'c'.repeat(65_535)}😀`,
      parameters: null,
    })
    expect(truncated).toBe(true)
    expect(prompt).toEqual([
      { role: 'system', content: 'a'.repeat(60_000) },
      { role: 'user', content: [image, { type: 'text', text: 'b'.repeat(5_535) }] },
    ])
    expect(response).toBe('c'.repeat(65_535))
  })

  it('is without parameters that are too long, and says so', () => {
    const parameters = { tools: ['x'.repeat(70_000)] }
    expect(shortened({ prompt: null, response: null, parameters })).toEqual({
      prompt: null,
      response: null,
      parameters: null,
      truncated: true,
    })
  })
})
