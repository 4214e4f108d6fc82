import { ModelList } from '@gatehouse/contracts'
import { asymmetricAlgorithms, issuerPresets } from '@gatehouse/identity'
import { z } from 'zod'
import { strict } from './strict.js'

const text = (most = 2048) =>
  z.string().min(1, 'must not be empty').max(most, `must be at most ${most} characters`)

const address = text().refine((given) => {
  if (!URL.canParse(given)) return false
  const { protocol, username, password, search, hash } = new URL(given)
  return /^https?:$/.test(protocol) && username === '' && password === '' && search === '' && hash === ''
}, 'must be an http or https address without credentials, query or fragment')

const listOf = <Entry extends z.ZodType>(entry: Entry) =>
  z.array(entry).min(1, 'must have at least one entry').max(100, 'must have at most 100 entries')

const claimName = text(500).meta({
  description: 'Name of a claim, with dots into what lies deeper.',
  examples: ['repository', 'kubernetes.io.serviceaccount.name', 'realm_access.roles'],
})

const scalar = z.union([text(), z.number(), z.boolean()])

const rule = { claim: claimName, value: text().meta({ description: 'What the claim says, or holds.' }) }

/** A trusted issuer, as it is written. */
export const issuerEntry = strict({
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,49}$/, 'must be 1 to 50 small letters, digits, - and _')
    .meta({ description: 'Name of the issuer, for service accounts and for the log.' }),
  name: text(100).optional().meta({ description: 'What people call it.' }),
  preset: z
    .enum(
      issuerPresets.map(({ id }) => id),
      `must be one of ${issuerPresets.map(({ id }) => id).join(', ')}`,
    )
    .optional()
    .meta({ description: 'The platform whose workload tokens these are. It fills in what is left out.' }),
  issuer: address.optional().meta({
    description:
      'Exactly as in the `iss` of its tokens, a slash at the end included. A preset may have its own.',
  }),
  audiences: listOf(text()).meta({
    description: 'Of which the `aud` of a token has to hold one.',
  }),
  algorithms: listOf(z.enum(asymmetricAlgorithms, `must be one of ${asymmetricAlgorithms.join(', ')}`))
    .optional()
    .meta({ description: 'Signatures that are accepted. All of these unless set, or those of the preset.' }),
  clients: listOf(text())
    .optional()
    .meta({ description: 'Values of `azp`, `appid`, `client_id` or `cid` that may come. All unless set.' }),
  id_tokens: z.boolean().optional().meta({
    description:
      'Whether tokens that are ID tokens by form are accepted, as those of some workloads are. Not unless set, or the preset says so.',
  }),
  required_claims: z
    .record(claimName, z.union([scalar, listOf(scalar)]))
    .optional()
    .meta({
      description: 'What claims have to say, each one value or a list of which one will do.',
      examples: [{ repository: 'acme/app', ref: ['refs/heads/main'] }],
    }),
  name_claim: claimName.optional(),
  team_claim: claimName.optional(),
  admins: listOf(strict(rule))
    .optional()
    .meta({ description: 'Whose tokens have the admin role. Nobody unless set.' }),
  models: listOf(
    strict({
      claim: claimName.optional(),
      value: rule.value.optional(),
      models: ModelList,
    }),
  )
    .optional()
    .meta({
      description:
        'What callers may use: the sum of the entries that fit, one without a claim fitting all. Every model unless set.',
    }),
  introspection: strict({
    client_id: text(),
    client_secret: text(),
    endpoint: address.optional().meta({ description: 'If not where the discovery document says.' }),
  })
    .optional()
    .meta({ description: 'The client with which the issuer is asked about opaque tokens (RFC 7662).' }),
  discovery: address.optional().meta({
    description: 'What /.well-known/openid-configuration is appended to, if that is not the issuer.',
  }),
  jwks_uri: address
    .optional()
    .meta({ description: 'Where its keys are, if there is no discovery document.' }),
  token_file: text().optional().meta({
    description:
      'A file with a bearer token that the discovery document and the keys are asked for with, as a Kubernetes API server wants it. It is read anew each time.',
  }),
})

/** As it is written, its form checked. */
export type WrittenIssuer = z.output<typeof issuerEntry>
