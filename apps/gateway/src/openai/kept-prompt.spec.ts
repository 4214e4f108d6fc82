import { describe, expect, it } from 'vitest'
import { keptPrompt } from './kept-prompt.js'

const dataUrl = (bytes: number) => `data:image/png;base64,${'A'.repeat((bytes * 4) / 3)}`

describe('a prompt as it is kept', () => {
  it('has chat messages as they are, and images in one shape whoever’s API they came by', () => {
    const url = dataUrl(3000)
    const openAi = { type: 'image_url', image_url: { url, detail: 'low' } }
    expect(
      keptPrompt(
        {
          system: [{ type: 'text', text: 'Be brief', cache_control: { type: 'ephemeral' } }],
          messages: [
            { role: 'user', content: 'Hi' },
            { role: 'user', content: [{ type: 'text', text: 'What is it?' }, openAi] },
            {
              role: 'user',
              content: [
                {
                  type: 'image',
                  source: { type: 'base64', media_type: 'image/png', data: url.split(',')[1] },
                },
              ],
            },
            { role: 'assistant', content: null, tool_calls: [] },
            { role: 'tool', content: '21 °C', tool_call_id: 'a' },
          ],
        },
        0,
      ),
    ).toEqual([
      { role: 'system', content: [{ type: 'text', text: 'Be brief' }] },
      { role: 'user', content: 'Hi' },
      { role: 'user', content: [{ type: 'text', text: 'What is it?' }, openAi] },
      { role: 'user', content: [{ type: 'image_url', image_url: { url } }] },
      { role: 'assistant', content: '' },
      { role: 'tool', content: '21 °C' },
    ])
    expect(
      keptPrompt(
        {
          instructions: 'Be brief',
          input: [{ role: 'user', content: [{ type: 'input_image', image_url: url }] }],
        },
        0,
      ),
    ).toEqual([
      { role: 'system', content: 'Be brief' },
      { role: 'user', content: [{ type: 'image_url', image_url: { url } }] },
    ])
    expect(keptPrompt({ prompt: 'Once' }, 0)).toEqual([{ role: 'user', content: 'Once' }])
    expect(keptPrompt({ input: 'Once' }, 0)).toEqual([{ role: 'user', content: 'Once' }])
  })

  it('has a word in the place of images and files where all of it is more than a MiB', () => {
    const messages = [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look' },
          { type: 'image_url', image_url: { url: dataUrl(600_000) } },
          { type: 'input_audio', input_audio: { data: 'B'.repeat(300_000), format: 'wav' } },
        ],
      },
    ]
    // 800,022 characters of the image, and 300,066 of the sound.
    expect(keptPrompt({ messages }, 0)).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look' },
          { type: 'text', text: '[An image of 600 kB was not kept.]' },
          { type: 'text', text: '[A part of the kind "input_audio" of 300 kB was not kept.]' },
        ],
      },
    ])
    const [first] = messages
    const image = { role: 'user', content: first?.content.slice(0, 2) }
    expect(keptPrompt({ messages: [image] }, 0)).toEqual([image])
    // The answer is kept beside it, and counts.
    expect(JSON.stringify(keptPrompt({ messages: [image] }, 300_000))).toContain('was not kept')
  })
})
