import { describe, expect, it } from 'vitest'
import { AdminUsageOverviewQuery, addDays, overviewDays, UsageOverviewQuery } from './usage-overview.js'

const refused = (query: object) => UsageOverviewQuery.safeParse(query).error?.issues[0]?.path.join('.')

describe('a query of an overview', () => {
  it('is of the last 30 days in UTC by model, where it says nothing', () => {
    const query = UsageOverviewQuery.parse({})
    expect(query).toEqual({ time_zone: 'UTC', split: 'model' })
    expect(overviewDays(query, Date.parse('2026-11-22T23:30:00Z'))).toEqual({
      from: '2026-10-24',
      to: '2026-11-23',
    })
  })

  it('ends with today in its zone', () => {
    const now = Date.parse('2026-11-22T23:30:00Z')
    const days = (time_zone: string) => overviewDays({ time_zone }, now).to
    expect(days('Europe/Berlin')).toBe('2026-11-24')
    expect(days('America/New_York')).toBe('2026-11-23')
    expect(overviewDays({ time_zone: 'UTC', to: '2026-03-01' }).from).toBe('2026-01-30')
    expect(addDays('2024-02-28', 1)).toBe('2024-02-29')
  })

  it('names what is wrong, and never fails in another way', () => {
    const wrong: Record<string, string[]> = {
      time_zone: ['', 'Mars/Olympus', '+05:30', 'x'.repeat(200), '__proto__'],
      from: ['2026-02-30', 'x', '2026-01-01T00:00:00Z', '1999-12-31', '2100-01-01'],
      to: ['2026-02-30', 'x', '+275760-09-13'],
      split: ['day', 'principal'],
    }
    for (const [field, values] of Object.entries(wrong))
      for (const value of values) expect([value, refused({ [field]: value })]).toEqual([value, field])
    expect(refused({ from: '2024-01-01', to: '2025-02-05' })).toBe('from')
    expect(refused({ from: '2024-01-01', to: '2025-02-04' })).toBeUndefined()
    expect(refused({ from: '2026-01-02', to: '2026-01-02' })).toBe('from')
  })

  it('of an admin may be split by principal', () => {
    expect(AdminUsageOverviewQuery.parse({ split: 'principal' })).toMatchObject({ split: 'principal' })
    expect(AdminUsageOverviewQuery.safeParse({ principal_id: 'x' }).success).toBe(false)
  })
})
