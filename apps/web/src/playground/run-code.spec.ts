import { describe, expect, it } from 'vitest'
import type { ChatBody } from './chat-body.ts'
import { runCode, withShortPictures } from './run-code.ts'

const prompt = `It's "quoted", $HOME \`x\` \\ and\na second line — 世界 \u2028`
const body: ChatBody = {
  model: 'openai/gpt-4o-mini',
  messages: [
    { role: 'system', content: "Don't." },
    {
      role: 'user',
      content: [
        { type: 'text', text: prompt },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
      ],
    },
  ],
  temperature: 0.2,
  stop: ["'", '\n'],
  stream: true,
  stream_options: { include_usage: true },
}
const base = 'https://gate.test/v1'

describe('runCode', () => {
  it('gives a shell exactly this body', () => {
    const given = /-d ('[\s\S]*')$/.exec(runCode('curl', base, body))?.[1] ?? ''
    // What a shell makes of single quotes: all between two of them as it is, and `\'` for one.
    const read = given.replace(/'([^']*)'|\\(')/g, '$1$2')
    expect(JSON.parse(read)).toEqual(body)
  })

  it('gives TypeScript exactly this body', () => {
    const code = runCode('typescript', base, body)
    const given = /create\((\{[\s\S]*?\n\})\)/.exec(code)?.[1] ?? ''
    expect(new Function(`return ${given}`)()).toEqual(body)
    expect(code).toContain(`baseURL: "${base}"`)
  })

  it('writes Python as Python', () => {
    const code = runCode('python', base, body)
    expect(code).toContain('    stream=True,\n    stream_options={"include_usage": True},')
    expect(code).toContain('    stop=["\'", "\\n"],')
    expect(code).toContain('        {"role": "system", "content": "Don\'t."},')
  })

  it('holds no secret: the key is read from the environment', () => {
    for (const language of ['curl', 'python', 'typescript'] as const)
      expect(runCode(language, base, body)).toContain('OPENAI_API_KEY')
  })

  it('cuts pictures short for the screen', () => {
    const long = `url: "data:image/png;base64,${'A'.repeat(5000)}=="`
    expect(withShortPictures(long)).toBe(`url: "data:image/png;base64,${'A'.repeat(16)}…"`)
  })
})
