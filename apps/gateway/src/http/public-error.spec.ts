import { AppError } from '@gatehouse/contracts'
import { describe, expect, it } from 'vitest'
import { maxMessageLength, publicError } from './public-error.js'

describe('an error as it goes out', () => {
  it('tells so many characters of a sentence and no more', () => {
    const told = (length: number) =>
      publicError(new AppError('provider_rejected', { message: 'x'.repeat(length) })).body.error.message
        .length
    expect(told(maxMessageLength)).toBe(maxMessageLength)
    expect(told(1 << 20)).toBe(maxMessageLength)
  })
})
