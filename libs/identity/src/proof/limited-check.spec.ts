import { AppError } from '@gatehouse/contracts'
import { beforeEach, describe, expect, it } from 'vitest'
import { type LimitedCheck, limitCheck } from './limited-check.js'

const person = { issuer: 'https://github.com', subject: '1', email: null, emailVerified: false, name: null }

describe('the check of tokens that strangers present', () => {
  let time: number
  let asked: string[]
  let check: LimitedCheck
  beforeEach(() => {
    time = 1_000_000
    asked = []
    check = limitCheck(
      async (token) => {
        asked.push(token)
        await new Promise((resolve) => setTimeout(resolve, 5))
        if (token.startsWith('down')) throw new AppError('issuer_unavailable')
        return token.startsWith('good') ? person : null
      },
      () => time,
    )
  })

  /** What became of each of many tokens. */
  const flood = async (count: number, from: (index: number) => string, prefix = 'bad') => {
    const outcomes = { proved: 0, refused: 0, limited: 0, other: 0 }
    await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        try {
          if ((await check(`${prefix}-${index}`, from(index))) === null) outcomes.refused++
          else outcomes.proved++
        } catch (error) {
          if (error instanceof AppError && error.code === 'rate_limited') outcomes.limited++
          else outcomes.other++
        }
      }),
    )
    return outcomes
  }

  it('T70: asks about one address ten times at once, and then every six seconds', async () => {
    expect(await flood(100, () => '192.0.2.1')).toMatchObject({ refused: 10, limited: 90 })
    expect(asked).toHaveLength(10)
    expect(await check('good', '192.0.2.2')).toEqual(person)
    time += 5_000
    await expect(check('more', '192.0.2.1')).rejects.toMatchObject({
      code: 'rate_limited',
      retryAfterSeconds: 1,
    })
    time += 1_000
    expect(await check('more', '192.0.2.1')).toBeNull()
  })

  it('takes the addresses of one IPv6 network for one address', async () => {
    const one = (index: number) =>
      [`2001:db8::${index.toString(16)}`, `2001:0DB8:0:0:1::${index}`][index % 2] ?? ''
    expect(await flood(100, one)).toMatchObject({ refused: 10, limited: 90 })
    const other = await flood(
      40,
      (index) => [`2001:db8:0:1::${index}`, `::ffff:192.0.2.${index}`][index % 2] ?? '',
      'b',
    )
    expect(other).toMatchObject({ refused: 30, limited: 10 })
  })

  it('T70: asks sixty times at once altogether, and then every second, whoever they are', async () => {
    expect(await flood(1000, (index) => `10.0.${index % 250}.1`)).toMatchObject({ refused: 60, limited: 940 })
    time += 3_600_000
    let hour = 0
    for (let second = 0; second < 3600; second += 10) {
      hour += (await flood(50, (index) => `10.1.${second % 250}.${index}`, `h${second}`)).refused
      time += 10_000
    }
    // What GitHub gives an app in an hour.
    expect(hour).toBeLessThan(5000)
    expect(hour).toBeGreaterThan(3500)
  })

  it('asks about one token once at a time, and not again for ten seconds once it was refused', async () => {
    await Promise.all(Array.from({ length: 50 }, () => check('bad', '192.0.2.1')))
    for (let second = 0; second < 10; second++) {
      expect(await check('bad', `192.0.2.${second}`)).toBeNull()
      time += 1000
    }
    expect(asked).toEqual(['bad'])
    time += 1000
    expect(await check('bad', '192.0.2.1')).toBeNull()
    expect(asked).toEqual(['bad', 'bad'])
  })

  it('gives the turn of a token that proves somebody back, and keeps none in mind', async () => {
    for (let index = 0; index < 30; index++) expect(await check('good', '192.0.2.1')).toEqual(person)
    expect(asked).toHaveLength(30)
    expect(await flood(100, () => '192.0.2.1')).toMatchObject({ refused: 10, limited: 90 })
  })

  it('takes an outage for no refusal', async () => {
    await expect(check('down', '192.0.2.1')).rejects.toMatchObject({ code: 'issuer_unavailable' })
    await expect(check('down', '192.0.2.1')).rejects.toMatchObject({ code: 'issuer_unavailable' })
    expect(asked).toHaveLength(2)
  })
})
