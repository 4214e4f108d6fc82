import type { Values, Variables } from '@gatehouse/contracts'
import { z } from 'zod'
import { completeIssuer } from '../issuers/presets.js'
import type { TrustedIssuer } from '../issuers/trusted-issuer.js'
import { oidc } from './oidc.js'
import type { ProviderContext, SignInProvider, VariableProblem } from './provider.js'
import { optionalAddress, optionalText } from './variables.js'

/** One OpenID issuer of the operator's choice; the `AUTH_` names are the Inference Gateway's. */
const variables = {
  OIDC_ISSUER_URL: {
    schema: optionalAddress,
    comment: 'An OpenID issuer whose tokens machines may present; exactly as in the `iss` of its tokens.',
    example: 'https://keycloak.example.com/realms/main',
  },
  OIDC_CLIENT_ID: {
    schema: optionalText,
    comment: 'The client id of this gateway there.',
    example: 'gatehouse',
  },
  OIDC_CLIENT_SECRET: {
    schema: optionalText,
    comment:
      'Secret of that client; needed for the sign-in through the browser, and to ask the issuer about opaque tokens.',
    secret: true,
  },
  OIDC_AUDIENCE: {
    schema: optionalText,
    comment: 'The `aud` that a machine token must have; OIDC_CLIENT_ID unless set.',
    example: 'gatehouse-api',
  },
  OIDC_SIGN_IN: {
    schema: z.stringbool().default(false),
    comment: 'true: people sign in by this issuer too.',
    example: 'false',
  },
  OIDC_DISPLAY_NAME: {
    schema: optionalText,
    comment: 'What the sign-in button calls it.',
    example: 'Company account',
  },
  AUTH_OIDC_ISSUER: { schema: optionalAddress, comment: 'Accepted for OIDC_ISSUER_URL.' },
  AUTH_OIDC_CLIENT_ID: { schema: optionalText, comment: 'Accepted for OIDC_CLIENT_ID.' },
  AUTH_OIDC_CLIENT_SECRET: {
    schema: optionalText,
    comment: 'Accepted for OIDC_CLIENT_SECRET.',
    secret: true,
  },
  AUTH_OIDC_AUDIENCE: { schema: optionalText, comment: 'Accepted for OIDC_AUDIENCE.' },
} satisfies Variables

type OidcValues = Values<typeof variables>

/** The settings of the configured issuer, with the aliases resolved and the default audience filled in. */
export function configuredIssuer(values: OidcValues): {
  issuer: string | undefined
  clientId: string | undefined
  clientSecret: string | undefined
  audience: string | undefined
  signIn: boolean
} {
  const clientId = values.OIDC_CLIENT_ID ?? values.AUTH_OIDC_CLIENT_ID
  return {
    issuer: values.OIDC_ISSUER_URL ?? values.AUTH_OIDC_ISSUER,
    clientId,
    clientSecret: values.OIDC_CLIENT_SECRET ?? values.AUTH_OIDC_CLIENT_SECRET,
    audience: values.OIDC_AUDIENCE ?? values.AUTH_OIDC_AUDIENCE ?? clientId,
    signIn: values.OIDC_SIGN_IN,
  }
}

/**
 * The issuer whose tokens machines present, by the variables; null where there is none, or where people alone sign in by it.
 * Throws an Error where it is not safe, as `completeIssuer` does.
 */
export function environmentIssuer(values: OidcValues): TrustedIssuer | null {
  const { issuer, clientId, clientSecret, audience, signIn } = configuredIssuer(values)
  if (!issuer || !audience) return null
  try {
    return completeIssuer({
      id: 'oidc',
      name: values.OIDC_DISPLAY_NAME,
      issuer,
      audiences: [audience],
      introspection: clientId && clientSecret ? { clientId, clientSecret } : null,
    })
  } catch (error) {
    // Every token for the client by which people sign in is refused to machines in any case.
    if (signIn && audience === clientId) return null
    throw error
  }
}

function configure(values: OidcValues, context: ProviderContext): SignInProvider | null {
  const { issuer, clientId, clientSecret, signIn } = configuredIssuer(values)
  if (!signIn || !issuer || !clientId) return null
  return oidc(
    { id: 'oidc', name: values.OIDC_DISPLAY_NAME ?? 'OpenID', issuer, clientId, clientSecret },
    context,
  )
}

function problems(values: OidcValues): VariableProblem[] {
  const { issuer, clientId, audience, signIn } = configuredIssuer(values)
  const found: VariableProblem[] = []
  if (issuer && !audience)
    found.push({
      variable: 'OIDC_AUDIENCE',
      message:
        'is missing: without an audience every token of the issuer would be taken. Set it, or OIDC_CLIENT_ID.',
    })
  try {
    environmentIssuer(values)
  } catch (error) {
    found.push({
      variable: 'OIDC_ISSUER_URL',
      message: `${(error as Error).message}. Write the issuer in gatehouse.yaml, which can say that.`,
    })
  }
  if (signIn && !issuer)
    found.push({ variable: 'OIDC_ISSUER_URL', message: 'is missing: OIDC_SIGN_IN=true needs an issuer.' })
  if (signIn && !clientId)
    found.push({ variable: 'OIDC_CLIENT_ID', message: 'is missing: OIDC_SIGN_IN=true needs a client id.' })
  return found
}

export const oidcIssuer = { variables, configure, problems }
