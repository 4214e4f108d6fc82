import type { OpenAPIObject } from '@nestjs/swagger'

type Paths = OpenAPIObject['paths']
type Operation = NonNullable<Paths[string]['post']>
type Parameter = NonNullable<Operation['parameters']>[number]
type Schema = { [name: string]: unknown }

/** What a route is told of. */
interface Told {
  id: string
  tag: string
  summary: string
  description: string
  /** Of the body, what is worth a word; all other fields go to the provider as they are. */
  fields?: Record<string, Schema>
  required?: string[]
  /** A body that works as it stands, where the provider that it names is on. */
  example?: Record<string, unknown>
  /** A form is taken too, or alone. */
  form?: Record<string, Schema>
  answer: Record<string, Schema>
  parameters?: Parameter[]
  /** The answer is a provider's: it says who answered. */
  routed?: boolean
  /** How errors look, where they do not as OpenAI's. */
  errors?: keyof typeof errors
}

const text = (description: string, example?: string): Schema => ({
  type: 'string',
  description,
  ...(example === undefined ? {} : { example }),
})
const model = text(
  '`provider/model`, an alias of the configuration, or a bare name that one provider has',
  'demo/echo',
)
const stream: Schema = { type: 'boolean', description: 'The answer comes as an event stream' }
const messages: Schema = { type: 'array', items: { type: 'object', additionalProperties: true } }
const file: Schema = { type: 'string', format: 'binary' }

const header = (description: string) => ({ description, schema: { type: 'string' as const } })
const answerHeaders = {
  'x-request-id': header('Of this request; a well-formed one that is sent is kept'),
  'x-gatehouse-provider': header('Who answered'),
  'x-gatehouse-model': header('The model that was asked, as the provider names it'),
  'x-gatehouse-attempts': header('How often a provider was asked'),
  'x-gatehouse-overhead-ms': header(
    'Milliseconds that this gateway took of it, where the answer is passed on',
  ),
  'x-gatehouse-dropped': header('Fields that the provider cannot take and was not told'),
  'x-gatehouse-cost-usd': header('What the call cost, where that is known before the head goes out'),
}
const strict: Parameter = {
  name: 'x-gatehouse-strict',
  in: 'header',
  required: false,
  description: '`true` refuses a request of which something would be dropped',
  schema: { type: 'string', enum: ['true'] },
}
const provider: Parameter = {
  name: 'provider',
  in: 'query',
  required: false,
  description: 'Whose a bare name is',
  schema: { type: 'string' },
}

const inPath = (name: string, description: string): Parameter => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string' },
})

const open = (properties: Record<string, Schema>, required: string[] = []) =>
  ({ type: 'object', additionalProperties: true, properties, required }) as const

/** Errors as they are told, in OpenAI's shape and in Anthropic's. */
const errors = {
  Error: open(
    {
      error: open(
        {
          message: { type: 'string' },
          type: { type: 'string' },
          param: { type: ['string', 'null'] },
          code: { type: ['string', 'null'] },
        },
        ['message', 'type', 'param', 'code'],
      ),
    },
    ['error'],
  ),
  AnthropicError: open(
    {
      type: { type: 'string', enum: ['error'] },
      error: open({ message: { type: 'string' }, type: { type: 'string' } }, ['message', 'type']),
    },
    ['type', 'error'],
  ),
}
const mainErrors: Record<string, string> = {
  400: 'The request is not valid, or the provider has nothing like it (`unsupported_by_provider`)',
  401: 'No credential, or none that holds',
  403: 'This caller may not use the model (`model_not_allowed`), or not come here',
  404: 'There is no such model',
  429: 'Too many requests; `retry-after` says when to come again',
  502: 'The provider failed, or could not be reached',
  503: 'Every provider of the model failed a moment ago, or something that is needed is down',
  504: 'The provider took too long',
}

function operation(told: Told): Operation {
  const { id, tag, summary, description, parameters = [], routed = true } = told
  const json = { 'application/json': { schema: open(told.answer) } }
  const streams = told.fields?.stream !== undefined
  const failure = {
    'application/json': { schema: { $ref: `#/components/schemas/${told.errors ?? 'Error'}` } },
  }
  return {
    operationId: id,
    tags: [tag],
    summary,
    description,
    security: [{ bearer: [] }],
    parameters: routed ? [provider, strict, ...parameters] : parameters,
    ...bodyOf(told),
    responses: {
      200: {
        description: streams ? 'Whole, or with `stream: true` an event stream' : 'As the provider gives it',
        headers: routed ? answerHeaders : { 'x-request-id': answerHeaders['x-request-id'] },
        content: streams ? { ...json, 'text/event-stream': { schema: { type: 'string' } } } : json,
      },
      ...Object.fromEntries(
        Object.entries(mainErrors).map(([status, words]) => [
          status,
          { description: words, content: failure },
        ]),
      ),
    },
  } as Operation
}

function bodyOf({ fields, required = ['model'], example, form }: Told): Pick<Operation, 'requestBody'> {
  if (!fields && !form) return {}
  const content = {
    ...(fields
      ? { 'application/json': { schema: open(fields, required), ...(example ? { example } : {}) } }
      : {}),
    ...(form ? { 'multipart/form-data': { schema: open(form, required) } } : {}),
  }
  return { requestBody: { required: true, content } } as Pick<Operation, 'requestBody'>
}

const hello = [{ role: 'user', content: 'Say hello' }]

const posts: Record<string, Told> = {
  '/v1/chat/completions': {
    id: 'OpenAi_chatCompletions',
    tag: 'openai',
    summary: 'Chat completions, of every provider',
    description:
      "OpenAI's API (https://platform.openai.com/docs/api-reference/chat); translated for providers of another shape. Also served without `/v1`.",
    fields: { model, messages, stream },
    required: ['model', 'messages'],
    example: { model: 'demo/echo', messages: hello },
    answer: { id: text('Of the answer'), choices: messages, usage: open({}) },
  },
  '/v1/completions': {
    id: 'OpenAi_completions',
    tag: 'openai',
    summary: 'Completions of a text, where the provider has them',
    description: 'https://platform.openai.com/docs/api-reference/completions. Also served without `/v1`.',
    fields: { model, prompt: text('What is gone on with'), stream },
    example: { model: 'openai/gpt-3.5-turbo-instruct', prompt: 'Once upon a time' },
    answer: { choices: messages, usage: open({}) },
  },
  '/v1/embeddings': {
    id: 'OpenAi_embeddings',
    tag: 'openai',
    summary: 'Embeddings',
    description: 'https://platform.openai.com/docs/api-reference/embeddings. Also served without `/v1`.',
    fields: { model, input: { description: 'A text, or a list of them' } },
    required: ['model', 'input'],
    example: { model: 'openai/text-embedding-3-small', input: 'Say hello' },
    answer: { data: messages, usage: open({}) },
  },
  '/v1/responses': {
    id: 'OpenAi_responses',
    tag: 'openai',
    summary: 'Responses, where the provider has them',
    description:
      'https://platform.openai.com/docs/api-reference/responses. An earlier answer can be gone on from by whoever asked for it.',
    fields: { model, input: { description: 'A text, or a list of items' }, stream },
    example: { model: 'openai/gpt-5-mini', input: 'Say hello' },
    answer: { id: text('Of the answer'), output: messages, usage: open({}) },
  },
  '/v1/moderations': {
    id: 'OpenAi_moderations',
    tag: 'openai',
    summary: 'Moderations, where the provider has them',
    description: 'https://platform.openai.com/docs/api-reference/moderations',
    fields: { model, input: { description: 'A text, or a list of items' } },
    required: ['input'],
    example: { model: 'openai/omni-moderation-latest', input: 'Say hello' },
    answer: { results: messages },
  },
  '/v1/images/generations': {
    id: 'OpenAi_imageGenerations',
    tag: 'openai',
    summary: 'Images, where the provider makes them',
    description: 'https://platform.openai.com/docs/api-reference/images/create',
    fields: { model, prompt: text('What is to be seen'), stream },
    required: ['model', 'prompt'],
    example: { model: 'openai/gpt-image-1', prompt: 'A gatehouse at dusk' },
    answer: { data: messages },
  },
  '/v1/images/edits': {
    id: 'OpenAi_imageEdits',
    tag: 'openai',
    summary: 'Images that are made of others, where the provider makes them',
    description: 'https://platform.openai.com/docs/api-reference/images/createEdit',
    form: { model, image: file, prompt: text('What is to be seen') },
    required: ['model', 'image', 'prompt'],
    answer: { data: messages },
  },
  '/v1/audio/speech': {
    id: 'OpenAi_speech',
    tag: 'openai',
    summary: 'A text as speech, where the provider speaks',
    description: 'https://platform.openai.com/docs/api-reference/audio/createSpeech. The answer is sound.',
    fields: { model, input: text('What is said'), voice: text('Who says it') },
    required: ['model', 'input', 'voice'],
    example: { model: 'openai/gpt-4o-mini-tts', input: 'Hello', voice: 'alloy' },
    answer: {},
  },
  '/v1/audio/transcriptions': {
    id: 'OpenAi_transcriptions',
    tag: 'openai',
    summary: 'Speech as a text, where the provider listens',
    description: 'https://platform.openai.com/docs/api-reference/audio/createTranscription',
    form: { model, file, stream },
    required: ['model', 'file'],
    answer: { text: text('What was said') },
  },
  '/v1/audio/translations': {
    id: 'OpenAi_translations',
    tag: 'openai',
    summary: 'Speech as a text in English, where the provider listens',
    description: 'https://platform.openai.com/docs/api-reference/audio/createTranslation',
    form: { model, file },
    required: ['model', 'file'],
    answer: { text: text('What was said') },
  },
  '/v1/messages': {
    id: 'Anthropic_messages',
    tag: 'anthropic',
    summary: "Anthropic's Messages, of providers that speak them",
    description: 'https://docs.anthropic.com/en/api/messages. Errors are in its envelope.',
    fields: { model, messages, max_tokens: { type: 'integer' }, stream },
    required: ['model', 'messages', 'max_tokens'],
    example: { model: 'anthropic/claude-sonnet-4-5', max_tokens: 256, messages: hello },
    answer: { id: text('Of the answer'), content: messages, usage: open({}) },
    errors: 'AnthropicError',
  },
  '/v1/messages/count_tokens': {
    id: 'Anthropic_countTokens',
    tag: 'anthropic',
    summary: 'How many tokens a request would have, of providers that count them',
    description: 'https://docs.anthropic.com/en/api/messages-count-tokens. Costs nothing.',
    fields: { model, messages },
    required: ['model', 'messages'],
    example: { model: 'anthropic/claude-sonnet-4-5', messages: hello },
    answer: { input_tokens: { type: 'integer' } },
    errors: 'AnthropicError',
  },
}

const listed: Omit<Told, 'id' | 'summary' | 'description' | 'answer'> = { tag: 'openai', routed: false }
const passedOn = (method: string): Told => ({
  id: `Proxy_${method}`,
  tag: 'proxy',
  summary: `${method.toUpperCase()} at a provider, byte for byte`,
  description:
    'What follows the provider is appended to its base address. Members may POST to endpoints that ask a model, and name the model; all else is for admins.',
  ...(method === 'get' || method === 'delete' ? {} : { fields: { model }, required: [] }),
  parameters: [
    inPath('provider', 'A provider, by any of its names'),
    inPath('path', 'Its path at the provider, of as many pieces as it has'),
  ],
  answer: {},
  routed: false,
})

/**
 * Adds to an OpenAPI document what no controller tells of: the raw routes, by which models are called. What a body holds
 * beside the fields that are named goes to the provider as it is, so that nothing here says no to it.
 */
export function withModelPaths(document: OpenAPIObject): OpenAPIObject {
  const { components, paths } = document
  return {
    ...document,
    paths: { ...modelPaths(), ...paths },
    components: {
      ...components,
      schemas: { ...components?.schemas, ...errors },
    } as OpenAPIObject['components'],
  }
}

function modelPaths(): Paths {
  const methods = ['get', 'post', 'put', 'patch', 'delete']
  return {
    '/v1/models': {
      get: operation({
        ...listed,
        id: 'OpenAi_models',
        summary: 'The models that the caller may use',
        description: 'In the shape of OpenAI, with what else is known of them. Also served without `/v1`.',
        parameters: [{ ...provider, description: 'Of this provider alone' }],
        answer: { object: text('`list`'), data: messages },
      }),
    },
    '/v1/models/{id}': {
      get: operation({
        ...listed,
        id: 'OpenAi_model',
        summary: 'One of them',
        description: 'Its id has a slash, raw or encoded. Also served without `/v1`.',
        parameters: [inPath('id', 'As it stands in the list'), provider],
        answer: { id: text('`provider/model`'), owned_by: text('The provider') },
      }),
    },
    ...Object.fromEntries(Object.entries(posts).map(([path, told]) => [path, { post: operation(told) }])),
    '/proxy/{provider}/{path}': Object.fromEntries(
      methods.map((method) => [method, operation(passedOn(method))]),
    ),
  }
}
