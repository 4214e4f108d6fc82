import { expect, it } from 'vitest'
import { callsOf } from './calls-of.ts'
import type { Asked } from './overview-query.ts'

const asked: Asked = {
  from: '2026-11-01',
  to: '2026-11-16',
  zone: 'Europe/Berlin',
  split: 'model',
  everybody: false,
  principal: undefined,
}
const days = { from: '2026-10-31T23:00:00.000Z', to: '2026-11-15T23:00:00.000Z' }

it('leads from a group to its calls, of the same days in the same zone', () => {
  expect(callsOf({ id: 'openrouter/meta/llama', provider: 'openrouter' }, asked)).toEqual({
    provider: 'openrouter',
    model: 'meta/llama',
    ...days,
  })
  expect(callsOf({ id: 'openai', provider: 'openai' }, { ...asked, split: 'provider' })).toEqual({
    provider: 'openai',
    ...days,
  })
  expect(callsOf({ id: 'k', provider: null }, { ...asked, split: 'key' })).toEqual({ key_id: 'k', ...days })
})

it('leads nowhere where the history has no such filter', () => {
  expect(callsOf({ id: 'none', provider: null }, { ...asked, split: 'key' })).toBeNull()
  expect(callsOf({ id: 'other', provider: null }, asked)).toBeNull()
  expect(callsOf({ id: 'openai/gpt-4o', provider: 'openai' }, { ...asked, everybody: true })).toBeNull()
})
