import { z } from 'zod'
import { Count, Id, listOf, page, Timestamp, text } from './primitives.js'

/** `GET /api/v1/admin/credentials`. */
export const CredentialQuery = z.strictObject({
  limit: page.limit,
  after: text().max(300).optional().meta({ description: 'id of the last item of the page before' }),
})
export type CredentialQuery = z.infer<typeof CredentialQuery>

/** A credential by which somebody comes in, or by which the gateway goes out. Nothing of it is secret. */
export const CredentialView = z
  .object({
    id: z.string(),
    side: z.enum(['inbound', 'outbound']),
    kind: z
      .enum([
        'static_key',
        'expiring_key',
        'client_secret',
        'signing_secret',
        'certificate',
        'platform_token',
        'session',
        'none',
      ])
      .meta({ description: '`platform_token`: given by a platform or an issuer for a short time' }),
    keyless: z.boolean().meta({ description: 'no long-lived secret is handed around for it' }),
    name: z.string(),
    source: z
      .string()
      .nullable()
      .meta({ description: 'name of a variable, a file, or who gives it', examples: ['OPENAI_API_KEY'] }),
    owner: z
      .object({ type: z.enum(['user', 'service_account']), id: Id })
      .nullable()
      .meta({ description: 'of an API key' }),
    connection: z.string().nullable().meta({ description: 'outbound: over which it goes' }),
    count: Count.meta({ description: 'how many there are: of sessions, or of accounts of an issuer' }),
    created_at: Timestamp.nullable().meta({
      description: 'the oldest where there are several; null where unknown',
    }),
    age_days: z.number().nullable(),
    expires_at: Timestamp.nullable().meta({ description: 'the last where there are several' }),
    last_used_at: Timestamp.nullable().meta({
      description:
        'inbound: a minute late at most. Outbound: the hour in which its provider was last called, within 30 days',
    }),
    problem: z.string().nullable().meta({ description: 'why it cannot be used' }),
  })
  .meta({ id: 'Credential' })
export type CredentialView = z.infer<typeof CredentialView>

const Share = z.object({
  calls: Count,
  keyless_calls: Count,
  share: z.number().min(0).max(1).nullable().meta({ description: 'null where there were no calls' }),
})

/** How much of the traffic of the last 30 days was keyless. */
export const KeylessScore = z
  .object({
    inbound: Share.meta({ description: 'calls that came by a sign-in or a token of a trusted issuer' }),
    outbound: Share.meta({
      description: 'calls to providers that are configured now, by the credentials that they have now',
    }),
  })
  .meta({ id: 'KeylessScore' })
export type KeylessScore = z.infer<typeof KeylessScore>

/** `GET /api/v1/admin/credentials`. */
export const CredentialList = listOf(CredentialView)
  .extend({ score: KeylessScore })
  .meta({ id: 'CredentialList' })
export type CredentialList = z.infer<typeof CredentialList>
