import { text } from 'node:stream/consumers'
import type { UsageRow } from '@gatehouse/contracts'
import { describe, expect, it } from 'vitest'
import { csvLine, usageFile } from './csv.js'

const row = (over: Partial<UsageRow>): UsageRow => ({
  id: 'x',
  total_calls: 1,
  failed_calls: 0,
  aborted_calls: 0,
  unpriced_calls: 0,
  input_tokens: 2,
  output_tokens: 3,
  cached_tokens: 0,
  reasoning_tokens: 0,
  total_tokens: 5,
  total_cost: '0.1000000000',
  average_latency_ms: null,
  ...over,
})
const figures =
  'total_calls,failed_calls,aborted_calls,unpriced_calls,input_tokens,output_tokens,cached_tokens,reasoning_tokens,' +
  'total_tokens,total_cost,average_latency_ms'

describe('a table as CSV', () => {
  it('quotes what needs it, as RFC 4180 has it', () => {
    expect(csvLine(['plain', 'a,b', 'say "hi"', 'two\nlines', null, undefined, 0, ''])).toBe(
      'plain,"a,b","say ""hi""","two\nlines",,,0,\r\n',
    )
  })

  it('has no cell that a spreadsheet would run as a formula', () => {
    expect(csvLine(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '=a,"b"'])).toBe(
      `'=1+1,'+1,'-1,'@SUM(A1),'\t=1,"'\r=1","'=a,""b"""\r\n`,
    )
    expect(csvLine(['a=1', 'x-1', -1])).toBe('a=1,x-1,-1\r\n')
  })
})

describe('usage as a file', () => {
  it('has a head of what it is grouped by, and a line for each row', async () => {
    async function* pages() {
      yield [row({ day: '2026-11-22', provider: 'demo', model: '=cmd', key_id: null })]
      yield [row({ day: '2026-11-23', provider: 'demo', model: 'echo', key_id: 'k', average_latency_ms: 7 })]
    }
    const file = await usageFile(pages(), 'key,model,day')
    expect(await text(file.getStream())).toBe(
      [
        `day,provider,model,key_id,${figures}`,
        "2026-11-22,demo,'=cmd,,1,0,0,0,2,3,0,0,5,0.1000000000,",
        '2026-11-23,demo,echo,k,1,0,0,0,2,3,0,0,5,0.1000000000,7',
        '',
      ].join('\r\n'),
    )
  })

  it('has a head alone where there is nothing', async () => {
    async function* pages(): AsyncGenerator<UsageRow[]> {
      yield []
    }
    expect(await text((await usageFile(pages(), 'hour')).getStream())).toBe(`hour,${figures}\r\n`)
  })

  it('fails before it begins where the first page fails, and breaks off where a later one does', async () => {
    async function* pages(good: number) {
      for (let page = 0; page < good; page++) yield [row({ day: '2026-11-22' })]
      throw new Error('away')
    }
    await expect(usageFile(pages(0), 'day')).rejects.toThrow('away')
    await expect(text((await usageFile(pages(1), 'day')).getStream())).rejects.toThrow('away')
  })

  it('asks for a page when the one before it was read, and for no more once nobody reads', async () => {
    let asked = 0
    let ended = false
    async function* pages() {
      try {
        for (;;) {
          asked++
          yield Array.from({ length: 1000 }, () => row({ day: '2026-11-22' }))
        }
      } finally {
        ended = true
      }
    }
    let read = 0
    for await (const _ of (await usageFile(pages(), 'day')).getStream()) if (++read === 3) break
    expect(asked).toBeLessThan(6)
    expect(ended).toBe(true)
  })
})
