import { expect, it } from 'vitest'
import { changedFields } from './changed-fields.ts'

it('tells each field that changed, with what it was and what it is', () => {
  expect(changedFields({ roles: ['member'] }, { roles: ['admin', 'member'] })).toEqual([
    { name: 'roles', before: 'member', after: 'admin, member' },
  ])
  expect(
    changedFields({ name: 'triage', status: 'active' }, { name: 'triage', status: 'disabled', sessions: 2 }),
  ).toEqual([
    { name: 'status', before: 'active', after: 'disabled' },
    { name: 'sessions', before: null, after: '2' },
  ])
})

it('leaves out what says nothing, and takes whatever shape there is', () => {
  expect(changedFields(null, { models: null, expires_at: '2026-12-31T23:59:59.000Z' })).toEqual([
    { name: 'expires at', before: null, after: '2026-12-31 23:59 UTC' },
  ])
  expect(changedFields({ models: [] }, { models: ['openai/*'], limits: { day: 5 } })).toEqual([
    { name: 'models', before: 'none', after: 'openai/*' },
    { name: 'limits', before: null, after: '{"day":5}' },
  ])
  expect(changedFields({ session: '01a20616-6367-708b-80c8-9c3150c8f20c' }, null)).toEqual([
    { name: 'session', before: '…9c3150c8f20c', after: null },
  ])
  expect(changedFields('<b>one</b>', undefined)).toEqual([
    { name: 'value', before: '<b>one</b>', after: null },
  ])
  expect(changedFields(undefined, null)).toEqual([])
})
