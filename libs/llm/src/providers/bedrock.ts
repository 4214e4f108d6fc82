import type {
  BedrockRuntimeClient,
  BedrockRuntimeClientConfig,
  ConverseCommandInput,
  ConverseResponse,
  ConverseStreamOutput,
  StopReason,
  TokenUsage,
} from '@aws-sdk/client-bedrock-runtime'
import { AppError } from '@gatehouse/contracts'
import type { Transport } from '@gatehouse/outbound'
import { chunkMaker, toCompletion, toUsage } from '../answer.js'
import type { ChatChunk, ChatRequest, FinishReason, Usage } from '../chat.js'
import { closing } from '../closing.js'
import {
  badResponse,
  endedEarly,
  type FailureContext,
  type ProviderStatus,
  readRetryAfter,
  toFailure,
} from '../failure.js'
import { given, readPlainRequest } from '../plain-request.js'
import { type ChatClient, defineProvider } from '../provider.js'
import { addressVariable, secretVariable, textVariable } from '../variables.js'
import { bedrockRequestHandler } from './bedrock-handler.js'

/** Where a credential comes from, as far as the variables say. */
interface Settings {
  region: string
  endpoint: string | undefined
  /** A Bedrock API key. */
  token: string | undefined
  keys: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } | undefined
  profile: string | undefined
}

/** Converse and ConverseStream: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
export const bedrock = defineProvider({
  id: 'bedrock',
  priceList: 'aws',
  name: 'Amazon Bedrock',
  aliases: [],
  variables: {
    AWS_REGION: textVariable(
      'Region of Amazon Bedrock: turns the provider on where a credential is found.',
      'eu-central-1',
    ),
    BEDROCK_MODEL_ID: textVariable(
      'The model of Bedrock where a caller names none.',
      'amazon.nova-lite-v1:0',
    ),
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: addressVariable('Where Bedrock is served, for a private endpoint.'),
    AWS_ACCESS_KEY_ID: textVariable('A long-lived key; left empty, the role of the machine or pod is used.'),
    AWS_SECRET_ACCESS_KEY: secretVariable('Belongs to AWS_ACCESS_KEY_ID.'),
    AWS_SESSION_TOKEN: secretVariable('Belongs to a temporary AWS_ACCESS_KEY_ID.'),
    AWS_PROFILE: textVariable('A profile of the AWS configuration files.'),
    AWS_BEARER_TOKEN_BEDROCK: secretVariable(
      'A Bedrock API key, in place of everything above but the region.',
    ),
  },
  configure(values) {
    const region = values.AWS_REGION
    if (!region) return { connections: [], missing: ['AWS_REGION'] }
    const {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: session,
    } = values
    const settings: Settings = {
      region,
      endpoint: values.AWS_ENDPOINT_URL_BEDROCK_RUNTIME,
      token: values.AWS_BEARER_TOKEN_BEDROCK || undefined,
      keys:
        accessKeyId && secretAccessKey
          ? { accessKeyId, secretAccessKey, ...(session ? { sessionToken: session } : {}) }
          : undefined,
      profile: values.AWS_PROFILE || undefined,
    }
    const known = settings.token ?? settings.keys
    return {
      connections: [
        {
          id: 'default',
          credential: known ? 'api_key' : 'aws_chain',
          defaultModel: values.BEDROCK_MODEL_ID || undefined,
          open: (transport) => converse(settings, transport),
          ...(known ? {} : { check: (transport: Transport) => findCredentials(settings, transport) }),
        },
      ],
      // Named where no source of the chain has a credential.
      missing: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
    }
  },
})

const noCredentials =
  'No AWS credentials were found: neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, nor AWS_BEARER_TOKEN_BEDROCK, nor a profile, nor a role of the machine or pod.'

async function createClient(settings: Settings, transport: Transport): Promise<BedrockRuntimeClient> {
  const { BedrockRuntimeClient } = await import('@aws-sdk/client-bedrock-runtime')
  const config: BedrockRuntimeClientConfig = {
    region: settings.region,
    maxAttempts: 1,
    requestHandler: bedrockRequestHandler(transport),
    ...given({ endpoint: settings.endpoint, profile: settings.profile }),
    ...(settings.token
      ? { token: { token: settings.token }, authSchemePreference: ['httpBearerAuth'] }
      : // Said, or a stray AWS_BEARER_TOKEN_BEDROCK of the environment would win over the role.
        { authSchemePreference: ['sigv4'], ...given({ credentials: settings.keys }) }),
  }
  return new BedrockRuntimeClient(config)
}

async function findCredentials(settings: Settings, transport: Transport): Promise<void> {
  const client = await createClient(settings, transport)
  await client.config.credentials().catch((cause: unknown) => {
    throw new Error(noCredentials, { cause })
  })
}

function converse(settings: Settings, transport: Transport): ChatClient {
  const { token, keys } = settings
  const secrets = [token, keys?.secretAccessKey, keys?.sessionToken, keys?.accessKeyId].filter(
    (one) => one !== undefined,
  )
  const context: FailureContext = { provider: bedrock.name, secrets: () => secrets }
  let loading: Promise<BedrockRuntimeClient> | undefined
  // Loaded on the first call: the SDK is large, and most installations use one provider or two.
  const sdk = () => {
    loading ??= createClient(settings, transport)
    return loading
  }

  return {
    async complete(request, { signal }) {
      try {
        const { ConverseCommand } = await import('@aws-sdk/client-bedrock-runtime')
        const output = await (await sdk()).send(new ConverseCommand(translate(request)), {
          abortSignal: signal,
        })
        return toCompletion(request.model, readWhole(output, context))
      } catch (error) {
        throw toFailure(error, context, readAwsError, signal)
      }
    },

    async stream(request, { signal }) {
      // The SDK leaves the answer open when its reader goes away; this closes it.
      const call = new AbortController()
      const either = AbortSignal.any([signal, call.signal])
      try {
        const { ConverseStreamCommand } = await import('@aws-sdk/client-bedrock-runtime')
        const output = await (await sdk()).send(new ConverseStreamCommand(translate(request)), {
          abortSignal: either,
        })
        if (!output.stream) throw badResponse(context, 'no stream')
        const failure = (error: unknown) => toFailure(error, context, readAwsError, signal, true)
        const pieces = readPieces(output.stream, request.model, call, context, failure)
        return closing(pieces, () => call.abort())
      } catch (error) {
        call.abort()
        throw toFailure(error, context, readAwsError, signal)
      }
    },
  }
}

function translate(request: ChatRequest): ConverseCommandInput {
  const { system, turns, temperature, topP, maxTokens, stop } = readPlainRequest(request, bedrock.name)
  const inference = given({ maxTokens, temperature, topP, stopSequences: stop })
  return {
    modelId: request.model,
    messages: turns.map(({ role, texts }) => ({ role, content: toBlocks(texts) })),
    ...(system.length > 0 ? { system: toBlocks(system) } : {}),
    ...(Object.keys(inference).length > 0 ? { inferenceConfig: inference } : {}),
  }
}

function toBlocks(texts: string[]) {
  return texts.map((text) => ({ text }))
}

function readWhole(output: Partial<ConverseResponse>, context: FailureContext) {
  const content = output.output?.message?.content
  if (!content || !output.stopReason) throw badResponse(context, 'neither a message nor a stop reason')
  return {
    text: content.map((block) => block.text ?? '').join(''),
    finishReason: finishReasonOf(output.stopReason),
    usage: output.usage ? usageOf(output.usage) : undefined,
  }
}

async function* readPieces(
  events: AsyncIterable<ConverseStreamOutput>,
  model: string,
  call: AbortController,
  context: FailureContext,
  failure: (error: unknown) => unknown,
): AsyncGenerator<ChatChunk> {
  const chunk = chunkMaker(model)
  let stopReason: StopReason | undefined
  let usage: Usage | undefined
  try {
    for await (const event of events) {
      if (event.messageStart) yield chunk.start()
      const text = event.contentBlockDelta?.delta?.text
      if (text) yield chunk.text(text)
      stopReason = event.messageStop?.stopReason ?? stopReason
      if (event.metadata?.usage) usage = usageOf(event.metadata.usage)
    }
    if (!stopReason) throw endedEarly(context)
    yield chunk.finish(finishReasonOf(stopReason))
    if (usage) yield chunk.usage(usage)
  } catch (error) {
    throw failure(error)
  } finally {
    call.abort()
  }
}

const finishReasons = new Map<string, FinishReason>([
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['guardrail_intervened', 'content_filter'],
  ['content_filtered', 'content_filter'],
])

function finishReasonOf(reason: StopReason): FinishReason {
  return finishReasons.get(reason) ?? 'stop'
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html: the cache is counted beside the input. */
function usageOf(tokens: TokenUsage): Usage {
  const cached = tokens.cacheReadInputTokens
  return toUsage({
    prompt: (tokens.inputTokens ?? 0) + (cached ?? 0) + (tokens.cacheWriteInputTokens ?? 0),
    completion: tokens.outputTokens ?? 0,
    ...(cached === undefined ? {} : { cached }),
  })
}

/** Exceptions of the stream have no status of their own. */
const streamStatuses = new Map<string, number>([
  ['ThrottlingException', 429],
  ['ValidationException', 400],
  ['InternalServerException', 500],
  ['ServiceUnavailableException', 503],
  ['ModelStreamErrorException', 424],
])

/** https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html */
function readAwsError(error: unknown): ProviderStatus | AppError | undefined {
  if (!(error instanceof Error)) return undefined
  if (error.name === 'CredentialsProviderError' || error.name === 'TokenProviderError') {
    return new AppError('provider_not_configured', {
      message: `${bedrock.name}: ${noCredentials}`,
      cause: error,
    })
  }
  const named = streamStatuses.get(error.name)
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined
  const answered =
    typeof metadata === 'object' && metadata !== null ? Number(Reflect.get(metadata, 'httpStatusCode')) : 0
  // A status of success with an error is a body that could not be read, unless the stream named an exception.
  const status = answered >= 400 ? answered : named
  if (status === undefined) return undefined
  const response: unknown = '$response' in error ? error.$response : undefined
  const headers: unknown =
    typeof response === 'object' && response !== null ? Reflect.get(response, 'headers') : undefined
  const header = (name: string) =>
    typeof headers === 'object' && headers !== null
      ? (Reflect.get(headers, name) as string | undefined)
      : undefined
  return {
    status,
    // `$fault` marks what AWS itself said; anything else is the parser's own sentence.
    message: '$fault' in error ? error.message : undefined,
    retryAfterSeconds: readRetryAfter(header),
  }
}
