import { describe, expect, it } from 'vitest'
import { AdminUsageQuery, UsageExportQuery, UsageQuery, usageGroups, usageRange } from './usage.js'

const problem = (query: unknown) => {
  const [issue] = UsageQuery.safeParse(query).error?.issues ?? []
  return issue && [issue.path.join('.'), issue.message]
}

describe('a query of usage', () => {
  it('is of the last 30 days by day, in pages of 100, where it says nothing', () => {
    const query = UsageQuery.parse({})
    expect(query).toEqual({ group_by: 'day', limit: 100, order: 'desc' })
    expect(usageRange(query, Date.parse('2026-11-22T13:14:15Z'))).toEqual({
      from: new Date('2026-10-24T00:00:00Z'),
      to: new Date('2026-11-23T00:00:00Z'),
    })
  })

  it('takes days and whole hours in UTC', () => {
    for (const from of ['2026-11-22', '2026-11-22T00:00:00Z', '2026-11-22T00:00:00.000Z'])
      expect(usageRange(UsageQuery.parse({ from, to: '2026-11-23' })).from).toEqual(new Date('2026-11-22'))
  })

  it('names the field that is wrong', () => {
    const fields = {
      from: [
        '2026-02-30',
        '2026-11-22T13:30:00Z',
        '2026-11-22T13:00:00+01:00',
        'yesterday',
        '0001-01-01',
        '',
        5,
      ],
      to: ['2026-13-01', '1999-12-31'],
      group_by: ['', 'day,', 'day,day', 'week', 'day,hour', 'principal', ['day']],
      limit: ['0', '1001', '1.5', 'x'],
      order: ['down'],
      provider: ['', '\u0000'],
      model: ['\ud800'],
    }
    for (const [field, values] of Object.entries(fields))
      for (const value of values) expect(problem({ [field]: value })?.[0], `${field}=${value}`).toBe(field)
    expect(UsageQuery.safeParse({ principal_id: 'x' }).error?.issues[0]).toMatchObject({
      code: 'unrecognized_keys',
      keys: ['principal_id'],
    })
  })

  it('is of 400 days at most, and of an hour at least', () => {
    expect(problem({ from: '2025-01-01', to: '2026-02-05' })).toBeUndefined()
    expect(problem({ from: '2025-01-01', to: '2026-02-05T01:00:00Z' })).toEqual([
      'from',
      'must lie at most 400 days before "to"',
    ])
    expect(problem({ from: '2020-01-01' })?.[0]).toBe('from')
    expect(problem({ from: '2026-01-02', to: '2026-01-02' })).toEqual(['from', 'must lie before "to"'])
    expect(UsageExportQuery.safeParse({ from: '2020-01-01' }).success).toBe(false)
    expect(AdminUsageQuery.safeParse({ from: '2020-01-01' }).success).toBe(false)
  })

  it('of an admin may be grouped by principal', () => {
    const query = AdminUsageQuery.parse({ group_by: 'principal, day' })
    expect(usageGroups(query.group_by)).toEqual(['day', 'principal'])
  })
})
