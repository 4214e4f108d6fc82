import { describe, expect, it } from 'vitest'
import { claudeModel } from './claude-model.js'

describe('what a Claude takes', () => {
  it.each([
    ['claude-3-haiku-20240307', 4_096, 'none', true],
    ['claude-2.1', 4_096, 'none', true],
    ['claude-instant-1.2', 4_096, 'none', true],
    ['claude-3-5-sonnet-latest', 8_192, 'none', true],
    ['claude-3-7-sonnet-20250219', 64_000, 'budget', true],
    ['claude-opus-4-20250514', 32_000, 'budget', true],
    ['claude-opus-4-1-20250805', 32_000, 'budget', true],
    ['claude-sonnet-4@20250514', 64_000, 'budget', true],
    ['claude-haiku-4-5', 64_000, 'budget', true],
    ['eu.anthropic.claude-sonnet-4-5-20250929-v1:0', 64_000, 'budget', true],
    ['anthropic.claude-opus-4-6-v1', 128_000, 'adaptive', true],
    ['claude-opus-4-7', 128_000, 'adaptive', false],
    ['claude-sonnet-5', 128_000, 'adaptive', false],
    ['claude-haiku-5-5', 128_000, 'adaptive', false],
    ['claude-mythos-preview', 128_000, 'adaptive', false],
    ['claude-another-9', 128_000, 'adaptive', false],
    ['some-model', 8_192, 'budget', true],
  ])('%s: %i tokens, %s thinking, sampling %s', (id, maxTokens, thinking, sampling) => {
    expect(claudeModel(id)).toMatchObject({ maxTokens, thinking, sampling })
  })

  it.each([
    ['claude-sonnet-4-5', []],
    ['claude-opus-4-5-20251101', ['low', 'medium', 'high']],
    ['claude-sonnet-4-6', ['low', 'medium', 'high', 'max']],
    ['claude-opus-4-8', ['low', 'medium', 'high', 'xhigh', 'max']],
  ])('%s: efforts %j', (id, efforts) => {
    expect(claudeModel(id).efforts).toEqual(efforts)
  })

  it.each([
    ['claude-opus-4-8', false, 'disabled', true],
    ['claude-opus-5', true, 'disabled', true],
    ['claude-opus-5-5', true, undefined, false],
    ['claude-sonnet-5', true, 'disabled', true],
    ['claude-sonnet-5-5', true, 'between_tools', false],
    ['claude-haiku-5-5', true, 'disabled', true],
    ['claude-fable-5', true, undefined, true],
    ['claude-fable-5-1', true, undefined, false],
  ])(
    '%s: thinks unasked %s, least %s, can be made to call a tool %s',
    (id, thinksUnasked, leastThinking, forcedTools) => {
      expect(claudeModel(id)).toMatchObject({ thinksUnasked, leastThinking, forcedTools })
    },
  )
})
