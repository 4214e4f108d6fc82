import { AppError, type Values, type Variables } from '@gatehouse/contracts'
import { oidc } from './oidc.js'
import type { IdTokenClaims, ProviderContext, SignInProvider } from './provider.js'
import { address, optionalText, trimSlash } from './variables.js'

/** The one tenant of all personal Microsoft accounts. */
const consumerTenant = '9188040d-6c67-4c5b-b112-36a304b66dad'
const tenantId = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const anyTenant = ['common', 'organizations']

/** https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference */
const variables = {
  MICROSOFT_CLIENT_ID: {
    schema: optionalText,
    comment: 'Sign-in with Microsoft: the application (client) id of this gateway.',
    example: '00000000-0000-0000-0000-000000000000',
  },
  MICROSOFT_CLIENT_SECRET: {
    schema: optionalText,
    comment: 'Secret of that client; needed for the sign-in through the browser.',
    secret: true,
  },
  MICROSOFT_TENANT_ID: {
    schema: optionalText
      .transform((text) =>
        (text ?? 'common')
          .toLowerCase()
          .split(',')
          .map((part) => part.trim())
          .filter(Boolean),
      )
      .refine(
        (tenants) =>
          (tenants.length === 1 && anyTenant.includes(tenants[0] ?? '')) ||
          (tenants.length > 0 && tenants.every((tenant) => tenantId.test(tenant))),
        'must be common, organizations, or a comma list of tenant ids (GUIDs)',
      ),
    comment: 'Who may sign in: common, organizations (no personal accounts), or a comma list of tenant ids.',
    example: 'common',
  },
  MICROSOFT_AUTHORITY_URL: {
    schema: address('https://login.microsoftonline.com'),
    comment: 'Another one for the sovereign clouds, as https://login.microsoftonline.us.',
    example: 'https://login.microsoftonline.com',
  },
} satisfies Variables

function tenantOf(claims: IdTokenClaims): string | null {
  return typeof claims.tid === 'string' && tenantId.test(claims.tid) ? claims.tid : null
}

/** The path under the authority that serves people of all the tenants listed. */
function discoveryTenant(tenants: readonly string[]): string {
  if (tenants.length === 1 && tenants[0]) return tenants[0]
  return tenants.includes(consumerTenant) ? 'common' : 'organizations'
}

function isAllowed(tenant: string | null, tenants: readonly string[]): boolean {
  if (tenant === null) return false
  if (tenants.includes('common')) return true
  return tenants.includes('organizations') ? tenant !== consumerTenant : tenants.includes(tenant)
}

/**
 * `email` can be set by the administrator of any tenant to anybody's address (nOAuth), and `email_verified` is not
 * Microsoft's. Only `xms_edov`, an optional claim of the application's manifest, says that the domain is proved.
 */
function emailVerified({ xms_edov: proved }: IdTokenClaims): boolean {
  return proved === true || proved === 1 || proved === '1' || proved === 'true'
}

function configure(values: Values<typeof variables>, context: ProviderContext): SignInProvider | null {
  const {
    MICROSOFT_CLIENT_ID: clientId,
    MICROSOFT_CLIENT_SECRET: clientSecret,
    MICROSOFT_TENANT_ID: tenants,
  } = values
  if (!clientId) return null
  const authority = trimSlash(values.MICROSOFT_AUTHORITY_URL)
  const issuerOf = (tenant: string) => `${authority}/${tenant}/v2.0`
  const issuer = issuerOf(discoveryTenant(tenants))
  return oidc(
    {
      id: 'microsoft',
      name: 'Microsoft',
      issuer,
      clientId,
      clientSecret,
      algorithms: ['RS256'],
      // The document for several tenants names its issuer as a template.
      documentIssuers: [issuer, issuerOf('{tenantid}')],
      expectedIssuers(claims) {
        const tenant = tenantOf(claims)
        return tenant === null ? [] : [issuerOf(tenant)]
      },
      mayUseKey(key, claims) {
        // Each published key names the issuer it signs for; one of personal accounts may not sign for a company.
        return (
          typeof key.issuer !== 'string' ||
          key.issuer.replace('{tenantid}', tenantOf(claims) ?? '') === claims.iss
        )
      },
      admit(claims) {
        if (!isAllowed(tenantOf(claims), tenants)) throw new AppError('tenant_not_allowed')
      },
      emailVerified,
    },
    context,
  )
}

export const microsoft = { variables, configure }
