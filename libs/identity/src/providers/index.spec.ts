import { describe, expect, it } from 'vitest'
import { type SignInValues, signInProblems, signInVariables } from './index.js'

const parse = (given: Record<string, string | undefined>) =>
  Object.fromEntries(
    Object.entries(signInVariables).map(([name, { schema }]) => [name, schema.parse(given[name])]),
  ) as SignInValues
const accepts = (name: keyof typeof signInVariables, text: string) =>
  signInVariables[name].schema.safeParse(text).success

describe('the variables of sign-in', () => {
  it('T05: are all unset with nothing given, addresses apart', () => {
    expect(parse({})).toEqual({
      GOOGLE_ISSUER_URL: 'https://accounts.google.com',
      MICROSOFT_TENANT_ID: ['common'],
      MICROSOFT_AUTHORITY_URL: 'https://login.microsoftonline.com',
      GITHUB_URL: 'https://github.com',
      GITHUB_API_URL: 'https://api.github.com',
      OIDC_SIGN_IN: false,
    })
  })

  it('T05: take a blank text for none', () => {
    const blank = Object.fromEntries(
      Object.keys(signInVariables)
        .filter((name) => name !== 'OIDC_SIGN_IN')
        .map((name) => [name, '  ']),
    )
    expect(parse(blank)).toEqual(parse({}))
  })

  it('mark every secret, and explain every variable', () => {
    for (const [name, variable] of Object.entries(signInVariables)) {
      expect('secret' in variable && variable.secret).toBe(name.endsWith('_SECRET'))
      expect(variable.comment).toMatch(/\.$/)
    }
  })

  it.each([
    'ftp://a.test',
    'accounts.google.com',
    'https://u:p@a.test',
    'https://a.test/?x=1',
    'https://a.test/#x',
  ])('refuse %s as an address', (text) => {
    for (const name of [
      'GOOGLE_ISSUER_URL',
      'GITHUB_URL',
      'MICROSOFT_AUTHORITY_URL',
      'OIDC_ISSUER_URL',
    ] as const)
      expect(accepts(name, text)).toBe(false)
  })

  it('take http and private addresses, which are the operator’s word', () => {
    expect(accepts('GOOGLE_ISSUER_URL', 'http://10.0.0.7:8080/realms/main/')).toBe(true)
    expect(parse({ OIDC_ISSUER_URL: 'https://tenant.auth0.com/' }).OIDC_ISSUER_URL).toBe(
      'https://tenant.auth0.com/',
    )
  })

  it('T07: take common, organizations or tenant ids as the tenant', () => {
    const tenant = '0b0c0d0e-1111-2222-3333-444455556666'
    expect(parse({ MICROSOFT_TENANT_ID: `${tenant.toUpperCase()}, ${tenant}` }).MICROSOFT_TENANT_ID).toEqual([
      tenant,
      tenant,
    ])
    expect(accepts('MICROSOFT_TENANT_ID', 'organizations')).toBe(true)
    for (const wrong of ['contoso.com', `common,${tenant}`, 'any', '*', ',', `${tenant}/x`])
      expect(accepts('MICROSOFT_TENANT_ID', wrong)).toBe(false)
  })

  it('stop the start for an issuer without an audience, and for a sign-in without an issuer', () => {
    const names = (given: Record<string, string>) =>
      signInProblems(parse(given)).map(({ variable }) => variable)
    expect(names({})).toEqual([])
    expect(names({ OIDC_ISSUER_URL: 'https://a.test' })).toEqual(['OIDC_AUDIENCE'])
    expect(names({ OIDC_ISSUER_URL: 'https://a.test', OIDC_CLIENT_ID: 'gatehouse' })).toEqual([])
    expect(names({ AUTH_OIDC_ISSUER: 'https://a.test', AUTH_OIDC_AUDIENCE: 'api' })).toEqual([])
    expect(names({ OIDC_SIGN_IN: 'true' })).toEqual(['OIDC_ISSUER_URL', 'OIDC_CLIENT_ID'])
  })
})
