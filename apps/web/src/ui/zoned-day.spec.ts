import { expect, it } from 'vitest'
import { dayIn, daysAfter, startOf } from './zoned-day.ts'

it.each([
  ['UTC', '2026-11-23T00:00:00.000Z'],
  ['Europe/Berlin', '2026-11-22T23:00:00.000Z'],
  ['Asia/Kolkata', '2026-11-22T18:30:00.000Z'],
  ['America/New_York', '2026-11-23T05:00:00.000Z'],
  ['Pacific/Kiritimati', '2026-11-22T10:00:00.000Z'],
])('a day begins in %s at %s', (zone, moment) => {
  expect(startOf('2026-11-23', zone).toISOString()).toBe(moment)
  expect(dayIn(startOf('2026-11-23', zone), zone)).toBe('2026-11-23')
  expect(dayIn(startOf('2026-11-23', zone).getTime() - 1, zone)).toBe('2026-11-22')
})

it('a day that the clocks make shorter or longer begins and ends where it does', () => {
  const hours = (day: string, zone: string) =>
    (startOf(daysAfter(day, 1), zone).getTime() - startOf(day, zone).getTime()) / 3_600_000
  expect(hours('2026-03-29', 'Europe/Berlin')).toBe(23)
  expect(hours('2026-10-25', 'Europe/Berlin')).toBe(25)
  expect(hours('2026-10-04', 'Australia/Lord_Howe')).toBe(23.5)
  // Midnight itself was left out there.
  expect(startOf('2018-11-04', 'America/Sao_Paulo').toISOString()).toBe('2018-11-04T03:00:00.000Z')
})
