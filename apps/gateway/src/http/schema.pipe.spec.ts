import { AdminUserPatch, CallBody, HistoryQuery, PresetBody, SignInBody } from '@gatehouse/contracts'
import type { ArgumentMetadata } from '@nestjs/common'
import { describe, expect, it } from 'vitest'
import { createSchemaPipe } from './schema.pipe.js'

describe('what is told of a body that does not fit', () => {
  const pipe = createSchemaPipe(new Map([[CallBody, { provider: () => ['demo', 'openai'] }]]))
  const told = async (schema: unknown, value: unknown) => {
    try {
      await pipe.transform(value, { type: 'body', schema } as ArgumentMetadata)
      return null
    } catch (error) {
      const { code, message, param } = error as { code: string; message: string; param: string | null }
      return [code, param, message]
    }
  }
  const call = { provider: 'demo', prompt: 'x' }
  const preset = { name: 'n', provider: 'demo', model: 'm', parameters: {} }

  it('is a sentence of ours that names the field, never the validator’s', async () => {
    const cases: [schema: unknown, value: unknown, param: string | null, message: string][] = [
      [CallBody, { ...call, prompt: '' }, 'prompt', '"prompt" must not be empty.'],
      [CallBody, { ...call, prompt: 5 }, 'prompt', '"prompt" must be a text.'],
      [CallBody, { ...call, temperature: 9 }, 'temperature', '"temperature" must be a number from 0 to 2.'],
      [CallBody, { ...call, temperature: 'x' }, 'temperature', '"temperature" must be a number from 0 to 2.'],
      [
        CallBody,
        { ...call, max_tokens: 0 },
        'max_tokens',
        '"max_tokens" must be a whole number of at least 1.',
      ],
      [
        CallBody,
        { ...call, max_tokens: 1.5 },
        'max_tokens',
        '"max_tokens" must be a whole number of at least 1.',
      ],
      [CallBody, { ...call, stream: 'yes' }, 'stream', '"stream" must be true or false.'],
      [
        CallBody,
        { ...call, stop: 5 },
        'stop',
        '"stop" must be one text of 1 to 256 characters, or a list of 1 to 4 of them.',
      ],
      [CallBody, { ...call, preset_id: 'x' }, 'preset_id', '"preset_id" must be an id.'],
      [CallBody, { ...call, model: 'x'.repeat(400) }, 'model', '"model" must have at most 300 characters.'],
      [CallBody, { ...call, messages: [] }, 'messages', '"messages" must not be empty.'],
      [CallBody, { ...call, messages: {} }, 'messages', '"messages" must be a list.'],
      [CallBody, { ...call, messages: [null] }, 'messages[0]', '"messages[0]" must be an object.'],
      [
        CallBody,
        { ...call, messages: [{ role: 'robot', content: 'x' }] },
        'messages[0].role',
        '"messages[0].role" must be one of system, developer, user, assistant.',
      ],
      [CallBody, { provider: 'demo' }, 'prompt', 'Give either "prompt" or "messages".'],
      [
        CallBody,
        { ...call, prompt: '\u0000' },
        'prompt',
        '"prompt" must not hold U+0000 or half a surrogate pair.',
      ],
      [CallBody, 'x', null, 'The request must be an object.'],
      [HistoryQuery, { limit: 'x' }, 'limit', '"limit" must be a whole number from 1 to 100.'],
      [HistoryQuery, { limit: '101' }, 'limit', '"limit" must be a whole number from 1 to 100.'],
      [HistoryQuery, { limit: '1.5' }, 'limit', '"limit" must be a whole number from 1 to 100.'],
      [
        HistoryQuery,
        { after: 'abc' },
        'after',
        '"after" must be the id of the last item of the page before.',
      ],
      [HistoryQuery, { order: 'up' }, 'order', '"order" must be one of asc, desc.'],
      [AdminUserPatch, { roles: [] }, 'roles', '"roles" must not be empty.'],
      [
        AdminUserPatch,
        { roles: ['admin', 'admin', 'admin'] },
        'roles',
        '"roles" must have at most 2 entries.',
      ],
      [PresetBody, { ...preset, parameters: 5 }, 'parameters', '"parameters" must be an object.'],
    ]
    for (const [schema, value, param, message] of cases)
      expect(await told(schema, value), message).toEqual(['invalid_request', param, message])
  })

  it('tells a missing field as missing, and what it can name', async () => {
    expect(await told(CallBody, {})).toEqual([
      'missing_required_parameter',
      'provider',
      '"provider" is missing. Name one of: demo, openai.',
    ])
    expect(await told(SignInBody, {})).toEqual([
      'missing_required_parameter',
      'provider',
      '"provider" is missing.',
    ])
    expect(await told(CallBody, { ...call, messages: [{ content: 'x' }] })).toEqual([
      'missing_required_parameter',
      'messages[0].role',
      '"messages[0].role" is missing.',
    ])
    expect(await told(CallBody, undefined)).toEqual([
      'invalid_json',
      null,
      'The body is missing. Send a JSON object.',
    ])
  })

  it('keeps the contract’s words for a provider that is none', async () => {
    for (const provider of [null, 5, '', 'x'.repeat(200)]) {
      const answer = await told(SignInBody, { provider, id_token: 'x' })
      // An empty name is a name that nobody has: said where providers are known.
      if (provider === '') expect(answer).toBeNull()
      else expect(answer).toEqual(['unsupported_provider', 'provider', 'Unsupported provider'])
    }
  })
})
