import { expect, it } from 'vitest'
import { appStyleSource } from './style-source.js'

it('narrows the styles of a page to its nonce, and leaves the rest of the policy as it is', () => {
  expect(appStyleSource("default-src 'self';style-src 'self' 'unsafe-inline';script-src 'self'", 'abc')).toBe(
    "default-src 'self';script-src 'self';style-src 'self' 'nonce-abc'",
  )
})
