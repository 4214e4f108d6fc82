import type { Me } from '@gatehouse/contracts'
import { expect, it } from 'vitest'
import { whyNothingIsKept } from './nothing-kept.ts'

const now = Date.parse('2026-11-23T12:00:00Z')
const call = {
  created_at: '2026-11-22T12:00:00Z',
  endpoint: '/v1/chat/completions',
  key_id: null,
  status: 'success' as const,
}
const me = (kept: Me['content']['kept'], keep_content: boolean | null = null) => ({
  keep_content,
  content: { kept, retention_days: 30 },
})

it('says why there is nothing to read', () => {
  const why = (
    changes: Partial<{ created_at: string; endpoint: string; key_id: string }>,
    who: ReturnType<typeof me>,
  ) => whyNothingIsKept({ ...call, ...changes }, who, now)
  const old = { created_at: '2026-09-01T00:00:00Z' }
  expect(why({}, me('none'))).toContain('KEEP_CONTENT=none')
  expect(why({ key_id: 'k' }, me('own'))).toContain('on this server')
  expect(why(old, me('all'))).toContain('kept for 30 days')
  expect(why({ ...old, key_id: 'k' }, me('own'))).toContain('on this server')
  expect(why({ ...old, key_id: 'k', endpoint: '/api/v1/llm/call' }, me('own'))).toContain('kept for 30 days')
  expect(why({ key_id: 'k' }, me('all', false))).toContain('turned off')
  expect(why({}, me('own'))).toContain('playground')
  expect(why({ endpoint: '/api/v1/llm/call' }, me('own'))).toContain('Nothing was kept')
  expect(why({}, me('all'))).toContain('Nothing was kept')
})
