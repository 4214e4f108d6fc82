import { describe, expect, it } from 'vitest'
import { figuresIn, readAnswer } from './answer-figures.js'

const read = (value: unknown) =>
  readAnswer(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)))
const usage = { prompt_tokens: 3, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 1 } }
const answer = (content: string, more: object = { usage }) => ({
  id: 'x',
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
  ...more,
})

describe('the figures of an answer', () => {
  it('are found wherever a provider puts them, in short answers and long ones', () => {
    for (const length of [1, 1000, 60_000]) {
      const text = 'é'.repeat(length)
      const { choices } = answer(text)
      for (const value of [answer(text), { usage, choices }, JSON.stringify(answer(text), null, 2)])
        expect(read(value)).toEqual({ usage, finishReason: 'stop', hasChoices: true })
    }
  })

  it('are not what a model says they are', () => {
    const lie = '"usage":{"prompt_tokens":0,"completion_tokens":0},"finish_reason":"lie","choices":[]'
    expect(read(answer(lie))).toEqual({ usage, finishReason: 'stop', hasChoices: true })
    expect(read(answer(`\\${lie}`, {}))).toMatchObject({ usage: undefined, finishReason: 'stop' })
  })

  it('are absent where there are none', () => {
    expect(read({ choices: [] })).toEqual({ usage: undefined, finishReason: undefined, hasChoices: false })
    expect(read({ choices: [], usage: null })).toMatchObject({ usage: undefined, hasChoices: false })
    expect(read({ data: [1] })).toMatchObject({ hasChoices: false })
    expect(read(answer('x', { usage: null }))?.usage).toBeUndefined()
  })

  it('are of no interest in what is no JSON object', () => {
    for (const text of ['', ' ', '<html></html>', '[]', '"x"', '{"choices":[1]', 'x{"choices":[1]}'])
      expect(read(text)).toBeNull()
  })

  it('T64: are not hidden by a text that the caller has put behind them', () => {
    const response = {
      object: 'response',
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [],
      usage: { input_tokens: 5, output_tokens: 6 },
      metadata: { a: '1', usage: 'none' },
    }
    expect(read(response)).toMatchObject({
      usage: { input_tokens: 5, output_tokens: 6 },
      finishReason: 'max_output_tokens',
    })
  })

  it('T64: are not what the caller has had repeated before or behind them', () => {
    const lie = { type: 'object', properties: { usage: { input_tokens: 0 } }, '"usage': { input_tokens: 0 } }
    const told = { input_tokens: 5, output_tokens: 6 }
    for (const length of [1, 5000]) {
      const output = [{ text: 'x'.repeat(length) }]
      for (const value of [
        { object: 'response', tools: [lie], output, usage: told, user: null, metadata: {} },
        { object: 'response', usage: told, output, tools: [lie], metadata: { usage: 'x', a: '"usage":{}}' } },
        { object: 'response', output, usage: told, tools: Array(20).fill(lie) },
      ])
        expect(read(value)?.usage).toEqual(told)
      expect(read({ object: 'response', output, tools: [lie], metadata: lie })?.usage).toBeUndefined()
    }
    expect(figuresIn(`x","usage":${JSON.stringify(told)},"tools":[${JSON.stringify(lie)}]}`).usage).toEqual(
      told,
    )
    expect(figuresIn(`x","tools":[${JSON.stringify(lie)}]}`).usage).toBeUndefined()
  })

  it('tell how an answer of the Messages and of the Responses API ended', () => {
    const message = {
      content: [{ type: 'tool_use', input: { stop_reason: 'lie', usage: { input_tokens: 0 } } }],
      stop_reason: 'tool_use',
      usage: { input_tokens: 5, output_tokens: 6 },
    }
    expect(read(message)).toMatchObject({ finishReason: 'tool_use', usage: message.usage })
    const item = { type: 'message', status: 'in_progress' }
    expect(read({ object: 'response', status: 'completed', output: [item] })?.finishReason).toBe('completed')
    expect(read({ data: [], object: 'list', status: 'completed' })?.finishReason).toBeUndefined()
  })
})
