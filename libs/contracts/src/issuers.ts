import { z } from 'zod'
import { Role } from './accounts.js'
import { Id, listOf, Timestamp } from './primitives.js'

/** A trusted issuer as an admin sees it. */
export const IssuerView = z
  .object({
    id: z.string(),
    name: z.string(),
    issuer: z.string(),
    audiences: z.array(z.string()),
    introspection: z.boolean().meta({ description: 'whether it is asked about opaque tokens' }),
    state: z.enum(['ok', 'degraded', 'not_asked']).meta({
      description:
        '`degraded`: it did not answer when it was last asked; the keys that it gave before serve for 24 h',
    }),
    problem: z.string().nullable(),
    answered_at: Timestamp.nullable(),
  })
  .meta({ id: 'Issuer' })
/** `GET /api/v1/admin/issuers`. */
export const IssuerList = listOf(IssuerView).meta({ id: 'IssuerList' })
export type IssuerList = z.infer<typeof IssuerList>

/** `POST /api/v1/admin/explain-token`. */
export const ExplainTokenBody = z
  .strictObject({
    token: z.string().min(1).max(65_536).meta({
      description: 'as it would stand after `Authorization: Bearer`; with that before it will do too',
    }),
  })
  .meta({ id: 'ExplainTokenBody' })

/** What would become of a request with the token. */
export const TokenExplained = z
  .object({
    kind: z.enum(['issuer', 'session', 'key']).meta({ description: 'what the token looks like' }),
    accepted: z.boolean(),
    steps: z.array(
      z.object({
        check: z.string(),
        passed: z.boolean(),
        detail: z.string().meta({ description: 'what was seen, and what is wanted' }),
      }),
    ),
    refusal: z
      .object({ status: z.int().min(400).max(599), code: z.string(), message: z.string() })
      .nullable()
      .meta({ description: 'what a request is answered with, and how to mend it' }),
    identity: z
      .object({
        issuer: z.string(),
        subject: z.string(),
        name: z.string().nullable(),
        client_id: z.string().nullable(),
        team: z.string().nullable(),
        roles: z.array(Role),
        models: z.array(z.string()).nullable().meta({ description: 'null: all' }),
        expires_at: Timestamp,
      })
      .nullable()
      .meta({ description: 'what the token of an issuer says' }),
    principal: z
      .object({
        id: Id,
        kind: z.enum(['user', 'service']),
        name: z.string().nullable(),
        status: z.enum(['active', 'disabled']),
      })
      .nullable()
      .meta({ description: 'whose it is; null also for a machine that has not been here yet' }),
  })
  .meta({ id: 'TokenExplained' })
export type TokenExplained = z.infer<typeof TokenExplained>

/** `GET /.well-known/oauth-protected-resource` (RFC 9728 section 2). */
export const ProtectedResource = z
  .object({
    resource: z.string(),
    resource_name: z.string(),
    authorization_servers: z.array(z.string()).optional(),
    bearer_methods_supported: z.array(z.string()),
    resource_documentation: z.string(),
  })
  .meta({ id: 'ProtectedResource' })
export type ProtectedResource = z.infer<typeof ProtectedResource>
