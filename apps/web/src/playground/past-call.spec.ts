import type { HistoryDetail } from '@gatehouse/contracts'
import { describe, expect, it } from 'vitest'
import { conversationOf } from './past-call.ts'

const call = {
  id: 'c1',
  asked_model: 'fast',
  provider: 'openai',
  model: 'gpt-4o-mini',
  status: 'success',
  finish_reason: 'stop',
  usage: { input_tokens: 4, output_tokens: 2, estimated: true },
  cost_usd: 0.5,
  latency_ms: 90,
  first_byte_ms: 30,
  attempts: 1,
  request_id: 'req_1',
  parameters: { temperature: 0.2, seed: 7 },
  prompt: [
    { role: 'system', content: 'Be short.' },
    { role: 'user', content: 'One' },
    { role: 'tool', content: '{"rows": 1}' },
    { role: 'assistant', content: '1' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Two' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
        { type: 'image_url', image_url: { url: 'https://evil.test/?q=1' } },
      ],
    },
  ],
  response: '2',
} as unknown as HistoryDetail

describe('conversationOf', () => {
  it('goes on where the call ended, and loads no image from elsewhere', () => {
    const { system, turns, columns } = conversationOf(call)
    expect(system).toBe('Be short.')
    expect(turns.map(({ prompt }) => prompt)).toEqual(['One', 'Two\n\n[image: https://evil.test/?q=1]'])
    expect(turns[1]?.pictures.map(({ url }) => url)).toEqual(['data:image/png;base64,AA=='])
    expect(columns).toHaveLength(1)
    expect(columns[0]).toMatchObject({ model: 'fast', parameters: { temperature: 0.2 } })
    expect(turns.map(({ id }) => columns[0]?.answers[id]?.text)).toEqual(['1', '2'])
    expect(columns[0]?.answers[turns[1]!.id]).toMatchObject({ callId: 'c1', cost: 0.5, status: 'complete' })
  })

  it('has the model alone where nothing was kept', () => {
    expect(conversationOf({ ...call, prompt: null, response: null })).toMatchObject({
      turns: [],
      columns: [{ model: 'fast' }],
    })
  })
})
