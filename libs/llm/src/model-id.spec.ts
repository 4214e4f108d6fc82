import { AppError } from '@gatehouse/contracts'
import { describe, expect, it } from 'vitest'
import { checkModelId } from './model-id.js'

describe('a model id', () => {
  it.each([
    'gpt-5-mini',
    'gemini-2.5-flash',
    'amazon.nova-lite-v1:0',
    'eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
    'arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
    'meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8',
    'ft:gpt-4o-mini-2024-07-18:acme::abc123',
    'claude@20250929',
    '~openai/gpt-latest',
  ])('may be %s', (model) => {
    expect(checkModelId(model)).toBe(model)
  })

  it.each([
    ['a climb', '../../files'],
    ['a climb in the middle', 'a/../../admin'],
    ['a query', 'a/../../admin?x='],
    ['an encoded slash', 'm%2F..'],
    ['an encoded dot', '%2e%2e'],
    ['a fragment', 'm#'],
    ['a version of its own', 'm?api-version=1'],
    ['a line break', 'm\r\nX: y'],
    ['a NUL', 'm\u0000'],
    ['a backslash', '..\\..\\files'],
    ['10 kB', 'm'.repeat(10_000)],
    ['a slash at the start', '/m'],
    ['a slash at the end', 'm/'],
    ['two slashes', 'a//b'],
    ['a dot segment', 'a/./b'],
    ['a dot', '.'],
    ['nothing', ''],
    ['a space', 'gpt 5'],
    ['a letter of another alphabet', 'gpt-4о'],
    ['curly brackets', '{api_version}'],
  ])('T56: may not hold %s', (_what, model) => {
    expect(() => checkModelId(model)).toThrow(AppError)
    expect(() => checkModelId(model)).toThrow(
      expect.objectContaining({ code: 'invalid_request', param: 'model' }),
    )
  })
})
