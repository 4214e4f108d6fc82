import { describe, expect, it } from 'vitest'
import { createBoundedAdapter } from './adapter.js'

describe('the memory of the local issuer', () => {
  it('holds 1000 entries and no more, the newest', async () => {
    const adapter = createBoundedAdapter()
    const codes = adapter('AuthorizationCode')
    const sessions = adapter('Session')
    for (let number = 0; number < 5000; number++) {
      await codes.upsert(`code-${number}`, { grantId: 'grant' }, 60)
      await sessions.upsert(`session-${number}`, { uid: `uid-${number}` }, 60)
    }
    let held = 0
    for (let number = 0; number < 5000; number++) {
      if (await codes.find(`code-${number}`)) held++
      if (await sessions.findByUid(`uid-${number}`)) held++
    }
    expect(held).toBe(1000)
    expect(await codes.find('code-4999')).toEqual({ grantId: 'grant' })
    expect(await codes.find('code-0')).toBeUndefined()
  })

  it('forgets at the expiry, when told, and with the grant', async () => {
    const adapter = createBoundedAdapter()
    const codes = adapter('AuthorizationCode')
    await codes.upsert('short', {}, 0.02)
    await codes.upsert('destroyed', {}, 60)
    await codes.upsert('granted', { grantId: 'one' }, 60)
    await codes.upsert('kept', { grantId: 'two' }, 60)
    await codes.destroy('destroyed')
    await codes.revokeByGrantId('one')
    await expect.poll(() => codes.find('short')).toBeUndefined()
    expect(await Promise.all(['destroyed', 'granted'].map((id) => codes.find(id)))).toEqual([
      undefined,
      undefined,
    ])
    expect(await codes.find('kept')).toEqual({ grantId: 'two' })
  })

  it('marks what was used, and keeps kinds apart', async () => {
    const adapter = createBoundedAdapter()
    const codes = adapter('AuthorizationCode')
    await codes.upsert('a', {}, 60)
    await codes.consume('a')
    await codes.consume('unknown')
    expect((await codes.find('a'))?.consumed).toBeGreaterThan(1_700_000_000)
    expect(await adapter('Session').find('a')).toBeUndefined()
  })
})
