import type { ConverseStreamOutput } from '@aws-sdk/client-bedrock-runtime'
import type { Transport } from '@gatehouse/outbound'
import { toCompletion } from '../answer.js'
import type { ChatChunk } from '../chat.js'
import { closing } from '../closing.js'
import { badResponse, type FailureContext, toFailure } from '../failure.js'
import { type ChatClient, defineProvider } from '../provider.js'
import { addressVariable, secretVariable, textVariable } from '../variables.js'
import { readEvents, readWhole } from './bedrock-answer.js'
import { contextOf, findCredentials, lazyClient, type Settings } from './bedrock-client.js'
import { providerName } from './bedrock-content.js'
import { bedrockEmbeddings } from './bedrock-embeddings.js'
import { readAwsError } from './bedrock-error.js'
import { type Asked, toAsked } from './bedrock-request.js'

/** Converse and ConverseStream: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
export const bedrock = defineProvider({
  id: 'bedrock',
  priceList: 'aws',
  name: providerName,
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
          embed: (transport) => bedrockEmbeddings(settings, transport),
          ...(known ? {} : { check: (transport: Transport) => findCredentials(settings, transport) }),
        },
      ],
      // Named where no source of the chain has a credential.
      missing: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
    }
  },
})

function converse(settings: Settings, transport: Transport): ChatClient {
  const context = contextOf(settings)
  const sdk = lazyClient(settings, transport)

  return {
    async complete(request, options) {
      const { signal } = options
      try {
        const { ConverseCommand } = await import('@aws-sdk/client-bedrock-runtime')
        const asked = await toAsked(request, options)
        const output = await (await sdk()).send(new ConverseCommand(asked.input), { abortSignal: signal })
        return toCompletion(request.model, readWhole(output, asked, context))
      } catch (error) {
        throw toFailure(error, context, readAwsError, signal)
      }
    },

    async stream(request, options) {
      const { signal } = options
      // The SDK leaves the answer open when its reader goes away; this closes it.
      const call = new AbortController()
      const either = AbortSignal.any([signal, call.signal])
      try {
        const { ConverseStreamCommand } = await import('@aws-sdk/client-bedrock-runtime')
        const asked = await toAsked(request, options)
        const command = new ConverseStreamCommand(asked.input)
        const output = await (await sdk()).send(command, { abortSignal: either })
        if (!output.stream) throw badResponse(context, 'no stream')
        const failure = (error: unknown) => toFailure(error, context, readAwsError, signal, true)
        const pieces = readPieces(output.stream, asked, call, context, failure)
        return closing(pieces, () => call.abort())
      } catch (error) {
        call.abort()
        throw toFailure(error, context, readAwsError, signal)
      }
    },
  }
}

async function* readPieces(
  events: AsyncIterable<ConverseStreamOutput>,
  asked: Asked,
  call: AbortController,
  context: FailureContext,
  failure: (error: unknown) => unknown,
): AsyncGenerator<ChatChunk> {
  try {
    yield* readEvents(events, asked, context)
  } catch (error) {
    throw failure(error)
  } finally {
    call.abort()
  }
}
