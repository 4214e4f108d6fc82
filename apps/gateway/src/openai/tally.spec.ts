import { describe, expect, it } from 'vitest'
import { Tally } from './tally.js'

const tally = () =>
  new Tally(
    () => ({ messages: [{ role: 'user', content: 'Hi' }] }),
    false,
    () => 1,
  )

describe('a long answer that is passed on', () => {
  it('T64: is counted by its size where its end tells no usage of its own', () => {
    const long = tally()
    long.tail('x"}],"tools":[{"usage":{"input_tokens":0,"output_tokens":0}}]}', 400_001)
    expect(long.usage(true)).toMatchObject({ outputTokens: 100_001, estimated: true })
    const picture = tally()
    picture.tail('x"}]}', 0)
    expect(picture.usage(true)).toMatchObject({ outputTokens: 0, estimated: true })
  })

  it('is counted as its end says', () => {
    const told = tally()
    told.tail('x"}],"usage":{"input_tokens":3,"output_tokens":4},"metadata":{"usage":"x"}}', 400_000)
    expect(told.usage(true)).toMatchObject({ inputTokens: 3, outputTokens: 4, estimated: false })
  })

  it('is settled though what was asked cannot be read', () => {
    const unread = new Tally(
      () => JSON.parse('{'),
      false,
      () => 1,
    )
    unread.said('Hi')
    expect(unread.usage(true)).toMatchObject({ inputTokens: 0, outputTokens: 1, estimated: true })
    expect(unread.content()).toMatchObject({ response: 'Hi', parameters: {} })
  })
})
