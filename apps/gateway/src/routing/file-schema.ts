import { isModelId, modelProviders } from '@gatehouse/llm'
import { z } from 'zod'
import { issuerEntry } from './issuer-schema.js'
import { strict } from './strict.js'

/** The connection that a provider's variables make. */
export const usualConnection = 'default'

const milliseconds = (what: string, usual: number) =>
  z
    .int()
    .min(1, 'must be at least 1 millisecond')
    .max(3_600_000, 'must be at most 3600000 milliseconds')
    .optional()
    .meta({ description: `Milliseconds ${what}. ${usual} unless set.` })

const retries = z.int().min(0, 'must not be below 0').max(5, 'must be at most 5').optional().meta({
  description:
    'How often one candidate is asked again, before the first byte of its answer has gone out: after 408, 409, 429 and 5xx, and where the connection fails. Waits as Retry-After says, up to 8 s. 1 unless set.',
})

const timeouts = strict({
  connect_ms: milliseconds('to have a connection, name lookup and TLS included', 5_000),
  first_byte_ms: milliseconds(
    'from the request to the head of the answer, and from there to its first byte',
    120_000,
  ),
  idle_ms: milliseconds('between two pieces of the answer', 60_000),
})
  .optional()
  .meta({ description: 'How long a provider is waited for.' })

const modelName = z.string().meta({
  description: 'A model, as provider/model, or another alias of this file.',
  examples: ['openai/gpt-4o'],
})

const target = {
  model: modelName,
  connection: z
    .string()
    .optional()
    .meta({
      description: `A connection of this file, or "${usualConnection}" for the one that the provider's variables make. The provider's first unless set.`,
    }),
}

const weight = z
  .number()
  .positive('must be above 0')
  .max(1_000_000, 'must be at most 1000000')
  .optional()
  .meta({ description: 'Share of the calls, beside the weights of the other candidates. 1 unless set.' })

const alias = strict({
  candidates: z
    .array(z.union([modelName, strict({ ...target, weight })]))
    .min(1, 'must have at least one entry')
    .max(100, 'must have at most 100 entries')
    .meta({
      description: 'One is chosen for each call, at random by weight; the others follow where it fails.',
    }),
  fallbacks: z
    .array(z.union([modelName, strict(target)]))
    .max(100, 'must have at most 100 entries')
    .optional()
    .meta({ description: 'Tried in this order where all candidates fail.' }),
  retries,
  timeouts,
})

const dollars = (what: string) =>
  z
    .number()
    .min(0, 'must not be below 0')
    .max(1_000_000, 'must be at most 1000000')
    .optional()
    .meta({ description: `US dollars for a million ${what}.` })

const price = strict({
  input_usd_per_million: dollars('tokens of the request'),
  output_usd_per_million: dollars('tokens of the answer'),
  cached_input_usd_per_million: dollars(
    'tokens of the request that the provider had in its cache; as input unless set',
  ),
  same_as: z
    .string()
    .optional()
    .meta({
      description: 'In place of figures: a model whose price is built in.',
      examples: ['openai/gpt-4o-mini'],
    }),
})

const connectionId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,49}$/, 'must be 1 to 50 small letters, digits, - and _')
  .meta({ description: 'Name of the connection, for candidates and for the history.' })

/** A connection names its provider's own variables, with what they would hold in the environment. */
const connections = modelProviders
  // The demo has nothing to connect to.
  .filter(({ id }) => id !== 'demo')
  .map(({ id, name, variables }) =>
    strict({
      id: connectionId,
      provider: z.literal(id).meta({ description: name }),
      ...Object.fromEntries(
        Object.entries(variables).map(([key, { schema, comment }]) => [
          key,
          schema.meta({ description: comment }),
        ]),
      ),
    }),
  )

/** The form of `gatehouse.yaml`. */
export const routingFile = strict({
  connections: z
    .array(
      z.discriminatedUnion('provider', connections as [(typeof connections)[number]], {
        error: ({ code }) =>
          code === 'invalid_union'
            ? `must be a provider: ${connections.map(({ shape }) => shape.provider.value).join(', ')}`
            : undefined,
      }),
    )
    .max(1_000, 'must have at most 1000 entries')
    .optional()
    .meta({
      description: `Further connections, each with the variables of its provider as in .env.example. Nothing is taken from the environment but what \${NAME} refers to.`,
    }),
  models: z
    .record(z.string().refine(isModelId, 'must be up to 256 letters, digits and . _ : @ / + -'), alias)
    .optional()
    .meta({ description: 'Aliases: names that callers use in place of provider/model.' }),
  defaults: strict({ retries, timeouts })
    .optional()
    .meta({ description: 'For every model whose alias says nothing else.' }),
  prices: z.record(z.string(), price).optional().meta({
    description:
      'What models cost, as provider/model, or provider/* for all of a provider that are not named. These count before the prices that are built in.',
  }),
  issuers: z.array(issuerEntry).max(100, 'must have at most 100 entries').optional().meta({
    description: 'Whose tokens machines may present, beside the issuer that OIDC_ISSUER_URL names.',
  }),
}).meta({
  title: 'Gatehouse',
  description:
    'Connections to providers of models, the ways to them, what they cost, and the machines that may come.',
})

/** The file as it is written, its form checked. */
export type RoutingFile = z.output<typeof routingFile>
/** A price as it is written. */
export type WrittenPrice = NonNullable<RoutingFile['prices']>[string]
/** An alias as it is written. */
export type WrittenAlias = NonNullable<RoutingFile['models']>[string]

/** The form of the file as a JSON schema of draft 7, which editors read: https://json-schema.org/draft-07 */
export function routingSchema(): Record<string, unknown> {
  return z.toJSONSchema(routingFile, {
    io: 'input',
    target: 'draft-7',
    // A text may be `${NAME}` wherever it stands, which is no address.
    override: ({ jsonSchema }) => {
      delete jsonSchema.format
    },
  })
}
