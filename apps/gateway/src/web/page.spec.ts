import type { WebBoot } from '@gatehouse/contracts'
import { describe, expect, it } from 'vitest'
import { createPage } from './page.js'

const boot: WebBoot = {
  nonce: 'n0nce',
  me: null,
  sign_in: [{ id: 'oidc', name: '</script><script>alert(1)</script><!-- $& $1 __NONCE__', browser: true }],
  server: { version: '1', public_url: 'http://localhost:8000', development: true, issuers: [] },
}

describe('the page', () => {
  it('T71: holds the name of a sign-in provider as data, whatever it is', () => {
    const page = createPage('<meta content="__NONCE__"><script type="application/json">"__BOOT__"</script>')(
      boot,
    )
    const data = /<script type="application\/json">(.*)<\/script>/.exec(page)?.[1] ?? ''
    expect(data).not.toContain('<')
    expect(JSON.parse(data)).toEqual(boot)
    expect(page).toContain('<meta content="n0nce">')
  })

  it('a build without the places to fill stops the start', () => {
    expect(() => createPage('<meta content="__NONCE__">')).toThrow('__BOOT__')
  })
})
