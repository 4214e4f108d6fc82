import { describe, expect, it } from 'vitest'
import { jsonDocument } from './json-document.js'

async function* pages(...all: object[][]) {
  yield* all
}

async function whole(members: Parameters<typeof jsonDocument>[0]): Promise<unknown> {
  let text = ''
  for await (const piece of jsonDocument(members)) text += piece
  return JSON.parse(text)
}

describe('a JSON document in pieces', () => {
  it('is one object, whatever the pages are', async () => {
    const at = new Date('2026-01-15T09:30:00.000Z')
    expect(
      await whole({
        at: 'now',
        profile: { name: '"\u2028' },
        none: pages(),
        empty: pages([], []),
        some: pages([], [{ a: 1 }], [], [{ at }, { b: null }], []),
        one: pages([{ c: [] }]),
      }),
    ).toEqual({
      at: 'now',
      profile: { name: '"\u2028' },
      none: [],
      empty: [],
      some: [{ a: 1 }, { at: at.toISOString() }, { b: null }],
      one: [{ c: [] }],
    })
    expect(await whole({})).toEqual({})
  })

  it('asks for a page only when the one before is taken, and for none after it is broken off', async () => {
    let asked = 0
    let closed = false
    async function* counted() {
      try {
        for (;;) yield [{ page: ++asked }]
      } finally {
        closed = true
      }
    }
    const document = jsonDocument({ list: counted() })
    await document.next()
    await document.next()
    expect(asked).toBe(1)
    await document.next()
    expect(asked).toBe(2)
    await document.return(undefined)
    expect(closed).toBe(true)
  })
})
