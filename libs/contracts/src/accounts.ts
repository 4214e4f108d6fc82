import { z } from 'zod'
import { Count, Id, IdFilter, listOf, Moment, numberFrom, page, Stop, Timestamp, text } from './primitives.js'

/** What a role lets a person do. Read from the store at most 5 s old, never from a token. */
export const Role = z.enum(['admin', 'member'])
export type Role = z.infer<typeof Role>

/** `POST /auth/register` and `/auth/login`. */
export const SignInBody = z
  .strictObject({
    provider: text('unsupported_provider')
      .max(100, { error: 'unsupported_provider' })
      .meta({ examples: ['google'] }),
    id_token: z.string().min(1).max(65_536).meta({
      description:
        'ID token whose audience is our client id; for GitHub a user access token of our OAuth app',
    }),
  })
  .meta({ id: 'SignInBody' })
export type SignInBody = z.infer<typeof SignInBody>

/** What a sign-in gives. */
export const SignInResult = z
  .object({
    access_token: z.string(),
    token_type: z.literal('bearer'),
    expires_in: Count.meta({ description: 'seconds', examples: [3600] }),
    user_id: Id,
    user_email: z.string().nullable(),
    is_new_user: z.boolean(),
    provider: z.string(),
  })
  .meta({ id: 'SignInResult' })
export type SignInResult = z.infer<typeof SignInResult>

/** `GET /auth/providers`. */
export const SignInProviders = z
  .object({
    providers: z.array(z.string()),
    details: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        browser: z
          .boolean()
          .meta({ description: 'false where the client secret of the redirect is missing' }),
      }),
    ),
  })
  .meta({ id: 'SignInProviders' })
export type SignInProviders = z.infer<typeof SignInProviders>

/** `GET /auth/profile`. */
export const Profile = z
  .object({
    user_id: Id,
    email: z.string().nullable(),
    name: z.string().nullable(),
    roles: z.array(Role),
    identities: z.array(z.object({ id: Id, provider: z.string(), linked_at: Timestamp })),
    created_at: Timestamp,
  })
  .meta({ id: 'Profile' })
export type Profile = z.infer<typeof Profile>

/** `GET /api/v1/users/me`. */
export const Me = Profile.extend({
  keep_content: z
    .boolean()
    .nullable()
    .meta({ description: 'whether prompts and answers are kept; null: as the operator has it' }),
  content: z
    .object({
      kept: z.enum(['own', 'all', 'none']).meta({ description: 'the most that the operator keeps' }),
      retention_days: Count.meta({ examples: [30] }),
    })
    .meta({ description: 'what the operator has set' }),
}).meta({ id: 'Me' })
export type Me = z.infer<typeof Me>

/** `PATCH /api/v1/users/me`. */
export const MePatch = z
  .strictObject({
    name: text().trim().min(1).max(200).optional(),
    keep_content: z
      .boolean()
      .nullable()
      .optional()
      .meta({ description: 'false: nothing is kept from now on; null: as the operator has it' }),
  })
  .refine(({ name, keep_content }) => name !== undefined || keep_content !== undefined, {
    error: 'must hold name or keep_content',
  })
  .meta({ id: 'MePatch', examples: [{ keep_content: false }] })
export type MePatch = z.infer<typeof MePatch>

/** `GET /api/v1/users/me/deletion-preview`. */
export const DeletionPreview = z
  .object({
    user_id: Id,
    email: z.string().nullable(),
    possible: z.boolean().meta({ description: 'false for the last admin' }),
    recovery_deadline: Timestamp.meta({
      description: 'until when an admin could restore the account, if it were deleted now',
    }),
    removed: z
      .object({
        identities: Count,
        sessions: Count,
        keys: Count,
        presets: Count,
        calls: Count.meta({ description: 'in the history' }),
        contents: Count.meta({ description: 'calls whose prompt and answer are kept' }),
      })
      .meta({ description: 'what is removed at the deadline' }),
    message: z.string(),
  })
  .meta({ id: 'DeletionPreview' })
export type DeletionPreview = z.infer<typeof DeletionPreview>

/** `DELETE /api/v1/users/me` and `DELETE /api/v1/admin/users/{id}`. */
export const Deletion = z
  .object({ user_id: Id, deleted_at: Timestamp, recovery_deadline: Timestamp, message: z.string() })
  .meta({ id: 'Deletion' })
export type Deletion = z.infer<typeof Deletion>

/** One of one's own sessions. */
export const SessionView = z
  .object({
    id: Id,
    provider: z.string(),
    kind: z.enum(['browser', 'token']),
    current: z.boolean(),
    address: z.string().nullable(),
    user_agent: z.string().nullable(),
    created_at: Timestamp,
    last_seen_at: Timestamp,
    expires_at: Timestamp,
  })
  .meta({ id: 'Session' })
export type SessionView = z.infer<typeof SessionView>
/** `GET /auth/sessions`. */
export const SessionList = listOf(SessionView).meta({ id: 'SessionList' })

/** `DELETE /auth/sessions`. */
export const SessionsEnded = z
  .object({ ended: Count.meta({ description: 'how many sessions have ended' }) })
  .meta({ id: 'SessionsEnded' })
export type SessionsEnded = z.infer<typeof SessionsEnded>

/** Parameters of a model call that a preset can hold; what is absent is not sent. */
export const PresetParameters = z
  .strictObject({
    temperature: numberFrom(0, 2).optional(),
    max_tokens: z.int({ error: 'must be a whole number of at least 1' }).min(1).optional(),
    top_p: numberFrom(0, 1).optional(),
    stop: Stop.optional(),
    system: text().min(1).max(100_000).optional(),
  })
  .meta({ id: 'PresetParameters', examples: [{ temperature: 0.2, max_tokens: 500 }] })
export type PresetParameters = z.infer<typeof PresetParameters>

/** `POST /api/v1/presets` and `PUT /api/v1/presets/{id}`. */
export const PresetBody = z
  .strictObject({
    name: text().trim().min(1).max(100),
    provider: text().min(1).max(100),
    model: text().min(1).max(300),
    parameters: PresetParameters,
    description: text().max(2000).optional(),
    is_default: z.boolean().default(false),
  })
  .meta({
    id: 'PresetBody',
    examples: [{ name: 'Short', provider: 'demo', model: 'echo', parameters: { max_tokens: 50 } }],
  })
export type PresetBody = z.infer<typeof PresetBody>

/** A preset as its owner sees it. */
export const PresetView = z
  .object({
    id: Id,
    name: z.string(),
    provider: z.string(),
    model: z.string(),
    parameters: PresetParameters,
    description: z.string().nullable(),
    is_default: z.boolean(),
    created_at: Timestamp,
    updated_at: Timestamp,
  })
  .meta({ id: 'Preset' })
export type PresetView = z.infer<typeof PresetView>
/** `GET /api/v1/presets`. */
export const PresetList = listOf(PresetView).meta({ id: 'PresetList' })

/** `GET /api/v1/admin/users`. */
export const AdminUserQuery = z.strictObject({
  query: text()
    .trim()
    .min(1)
    .max(320)
    .optional()
    .meta({ description: 'e-mail, name, id or identity subject' }),
  status: z.enum(['active', 'disabled', 'deleted']).optional().meta({ description: 'of the account' }),
  role: Role.optional().meta({ description: 'that the person has' }),
  ...page,
})
export type AdminUserQuery = z.infer<typeof AdminUserQuery>

/** `PATCH /api/v1/admin/users/{id}`. */
export const AdminUserPatch = z
  .strictObject({ roles: z.array(Role).min(1).max(2) })
  .meta({ id: 'AdminUserPatch', examples: [{ roles: ['member'] }] })
export type AdminUserPatch = z.infer<typeof AdminUserPatch>

/** A person as an admin sees them. */
export const AdminUser = z
  .object({
    id: Id,
    email: z.string().nullable(),
    name: z.string().nullable(),
    roles: z.array(Role),
    status: z.enum(['active', 'disabled', 'deleted']),
    identities: z.array(
      z.object({
        id: Id,
        provider: z.string(),
        issuer: z.string(),
        subject: z.string(),
        email: z.string().nullable(),
        email_verified: z.boolean(),
        linked_at: Timestamp,
      }),
    ),
    created_at: Timestamp,
    last_seen_at: Timestamp.nullable(),
    recovery_deadline: Timestamp.optional().meta({
      description: 'of a deleted account: until when it can be restored',
    }),
  })
  .meta({ id: 'AdminUser' })
export type AdminUser = z.infer<typeof AdminUser>
/** A page of people. */
export const AdminUserList = listOf(AdminUser).meta({ id: 'AdminUserList' })

const auditFilters = {
  actor_id: IdFilter.optional().meta({ description: 'who did it' }),
  target_id: IdFilter.optional().meta({ description: 'whom or what it was done to' }),
  action: text().min(1).max(100).optional().meta({ description: 'what was done, as `role.changed`' }),
  query: text()
    .trim()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: '`x-request-id` of the request that did it, whole' }),
  from: Moment.optional().meta({ description: 'done at this time or later' }),
  to: Moment.optional().meta({ description: 'done before this time' }),
}

/** `GET /api/v1/admin/audit`. */
export const AuditQuery = z.strictObject({ ...auditFilters, ...page })
export type AuditQuery = z.infer<typeof AuditQuery>

/** `GET /api/v1/admin/audit/export`. */
export const AuditExportQuery = z.strictObject({
  ...auditFilters,
  format: z.enum(['csv', 'jsonl']).default('csv').meta({ description: 'a table, or one JSON object a line' }),
})
export type AuditExportQuery = z.infer<typeof AuditExportQuery>

/** `GET /api/v1/admin/audit/actions`. */
export const AuditActions = z
  .object({ actions: z.array(z.string()).meta({ examples: [['role.changed', 'user.disabled']] }) })
  .meta({ id: 'AuditActions' })
export type AuditActions = z.infer<typeof AuditActions>

/** One row of the audit log; `hash` covers the row and the hash of the one before it. */
export const AuditView = z
  .object({
    id: Id,
    at: Timestamp,
    actor_id: Id.nullable(),
    actor: z
      .object({
        id: Id,
        kind: z.enum(['user', 'service']),
        name: z.string().nullable(),
        email: z.string().nullable(),
      })
      .nullable()
      .meta({ description: 'as they are called now; null for the system itself, and for who is removed' }),
    action: z.string(),
    target: z.object({ kind: z.string(), id: Id }).nullable(),
    target_name: z.string().nullable().meta({
      description: 'name or e-mail of a person, name of a service account or of a key, as it is now',
    }),
    before: z.unknown(),
    after: z.unknown(),
    address: z.string().nullable(),
    user_agent: z.string().nullable(),
    request_id: z.string().nullable(),
    hash: z.string(),
  })
  .meta({ id: 'AuditEntry' })
export type AuditView = z.infer<typeof AuditView>
/** A page of the audit log. */
export const AuditList = listOf(AuditView).meta({ id: 'AuditList' })
