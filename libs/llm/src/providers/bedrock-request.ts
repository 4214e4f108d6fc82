import type {
  ConverseCommandInput,
  InferenceConfiguration,
  ServiceTierType,
} from '@aws-sdk/client-bedrock-runtime'
import type { ChatRequest } from '../chat.js'
import { given } from '../given.js'
import type { CallOptions } from '../provider.js'
import { calledTools } from '../translation/called-tools.js'
import type { Chat } from '../translation/conversation.js'
import { type Dialect, translate } from '../translation/dialect.js'
import { type Drop, type Fields, isAbsent, isFields, toFields } from '../translation/fields.js'
import { toSampling } from './anthropic-request.js'
import type { Transform } from './anthropic-tools.js'
import { marked, providerName, toMessages, toSystem } from './bedrock-content.js'
import { type BedrockModel, bedrockModel } from './bedrock-model.js'
import { thinkingOf } from './bedrock-thinking.js'
import { toOutput, toTools } from './bedrock-tools.js'

/** What Converse can be told: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
const dialect: Dialect = {
  provider: providerName,
  takes: new Set([
    'max_tokens',
    'max_completion_tokens',
    'temperature',
    'top_p',
    'top_k',
    'stop',
    'tools',
    'tool_choice',
    'parallel_tool_calls',
    'response_format',
    'reasoning_effort',
    'service_tier',
    // For the logs of the account, by which the call can be found there.
    'metadata',
    // Anthropic's own fields, for Claude.
    'thinking',
    'cache_control',
  ]),
}

/** A request for Converse, and what its answer has to be read by. */
export interface Asked {
  input: ConverseCommandInput
  model: BedrockModel
  /** Name of the tool whose arguments are the answer: see `Output`. */
  answerTool: string | undefined
}

/** Translates a chat. @throws AppError as `translate` does, and `unsupported_by_provider` */
export function toAsked(request: ChatRequest, options: CallOptions): Promise<Asked> {
  return translate(request, options, dialect, async (chat, drop) => {
    const model = bedrockModel(chat.model)
    return build(request, chat, model, drop, model.schemas ? await loadTransform(chat) : undefined)
  })
}

/** Anthropic's change of a schema into one that a model can be held to; Bedrock has the same limits, for every model. */
async function loadTransform({ output, tools }: Chat): Promise<Transform | undefined> {
  if (output?.type !== 'json_schema' && !tools.some(({ strict }) => strict)) return undefined
  const { transformJSONSchema } = await import('@anthropic-ai/sdk/lib/transform-json-schema')
  return transformJSONSchema
}

function build(
  request: ChatRequest,
  chat: Chat,
  model: BedrockModel,
  drop: Drop,
  transform: Transform | undefined,
): Asked {
  const { thinking: asked, cache_control: mark, metadata }: Fields = { ...request }
  const output = toOutput(model, chat, drop, transform)
  const { toolConfig, claudeChoice } = toTools(model, chat, output.tool, drop, transform)
  const thinking = thinkingOf(model, chat, output.tool !== undefined, asked, drop)
  const inference = toInference(model, chat, thinking, drop)
  const inWords = toolConfig === undefined && calledTools(chat).length > 0
  const messages = toMessages(model, chat, inWords, drop)
  if (!isAbsent(mark)) messages.at(-1)?.content?.push(...marked(toFields(mark, 'cache_control'), model, drop))
  const system = toSystem(model, chat, drop)
  const fields = {
    ...thinking.fields,
    ...inference.fields,
    ...(claudeChoice ? { tool_choice: claudeChoice } : {}),
  }
  const outputConfig = given({ textFormat: output.format, effort: thinking.effort })
  // JSON, which is what the SDK's type means.
  type Document = ConverseCommandInput['additionalModelRequestFields']
  return {
    model,
    answerTool: output.tool?.name,
    input: {
      modelId: chat.model,
      messages,
      ...(system.length > 0 ? { system } : {}),
      ...filled('inferenceConfig', inference.config),
      ...(toolConfig ? { toolConfig } : {}),
      ...filled('additionalModelRequestFields', fields as Document & object),
      ...filled('outputConfig', outputConfig),
      ...toServiceTier(chat, drop),
      ...toRequestMetadata(metadata, drop),
    },
  }
}

function filled<Name extends string, Value extends object>(
  name: Name,
  value: Value,
): { [name in Name]?: Value } {
  return Object.keys(value).length > 0 ? ({ [name]: value } as { [name in Name]?: Value }) : {}
}

function toInference(
  model: BedrockModel,
  chat: Chat,
  { thinks, maxTokens }: { thinks: boolean; maxTokens?: number },
  drop: Drop,
): { config: InferenceConfiguration; fields: Fields } {
  const limit = chat.maxTokens ?? maxTokens
  if (model.claude) {
    const { temperature, top_p: topP, top_k: topK } = toSampling(model.claude, chat, thinks, drop)
    return {
      config: given({ maxTokens: limit, temperature, topP, stopSequences: chat.stop }),
      fields: given({ top_k: topK }),
    }
  }
  const taken = model.sampling
    ? given({ temperature: chat.temperature, topP: chat.topP, stopSequences: chat.stop })
    : {}
  if (!model.sampling) {
    if (chat.temperature !== undefined) drop('temperature')
    if (chat.topP !== undefined) drop('top_p')
    if (chat.stop !== undefined) drop('stop')
  }
  if (chat.topK !== undefined && model.topK !== 'nova') drop('top_k')
  const nests = chat.topK !== undefined && model.topK === 'nova'
  return {
    config: { ...given({ maxTokens: limit }), ...taken },
    fields: nests ? { inferenceConfig: { topK: chat.topK } } : {},
  }
}

const serviceTiers: readonly ServiceTierType[] = ['default', 'flex', 'priority']

/** https://docs.aws.amazon.com/bedrock/latest/userguide/service-tiers-inference.html */
function toServiceTier({ serviceTier }: Chat, drop: Drop): Pick<ConverseCommandInput, 'serviceTier'> {
  if (serviceTier === undefined || serviceTier === 'auto') return {}
  const type = serviceTiers.find((tier) => tier === serviceTier)
  if (!type) drop('service_tier')
  return type ? { serviceTier: { type } } : {}
}

/** What AWS lets stand in the metadata of a request; it refuses the call for anything else. */
const loggable = /^[a-zA-Z0-9\s:_@$#=/+,.-]{1,256}$/

function toRequestMetadata(metadata: unknown, drop: Drop): Pick<ConverseCommandInput, 'requestMetadata'> {
  if (!isFields(metadata) || Object.keys(metadata).length === 0) return {}
  const pairs = Object.entries(metadata).flatMap(([name, value]): [string, string][] =>
    loggable.test(name) && typeof value === 'string' && loggable.test(value) ? [[name, value]] : [],
  )
  if (pairs.length === Object.keys(metadata).length && pairs.length <= 16) {
    return { requestMetadata: Object.fromEntries(pairs) }
  }
  drop('metadata')
  return {}
}
