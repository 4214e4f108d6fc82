import type { ChatRequest } from '../chat.js'
import type { Chat, OutputFormat, ReasoningEffort } from './conversation.js'
import {
  type Drop,
  type Fields,
  invalid,
  isAbsent,
  maybeBoolean,
  maybeNumber,
  maybeText,
  toFields,
  toList,
  toText,
  unsupported,
} from './fields.js'
import { readMessages } from './read-messages.js'
import { readToolChoice, readTools } from './read-tools.js'

/**
 * Reads a request in OpenAI's shape. Nothing of it has been checked before: whatever is not as OpenAI has it is refused
 * here, with its place.
 * @param provider for people; stands in refusals
 * @param drop takes what no dialect has a place for
 * @throws AppError `invalid_request`, `unsupported_by_provider`
 */
export function readChat(request: ChatRequest, provider: string, drop: Drop): Chat {
  const fields: Fields = { ...request }
  refuseOtherAnswers(fields, provider)
  const tools = readTools(fields.tools, provider, drop)
  return {
    model: request.model,
    ...readMessages(fields.messages, provider, drop),
    tools,
    toolChoice: readToolChoice(fields.tool_choice, tools),
    parallelToolCalls: maybeBoolean(fields.parallel_tool_calls, 'parallel_tool_calls'),
    output: readOutput(fields.response_format),
    reasoningEffort: readEffort(fields.reasoning_effort),
    maxTokens:
      maybeNumber(fields.max_completion_tokens, 'max_completion_tokens') ??
      maybeNumber(fields.max_tokens, 'max_tokens'),
    temperature: maybeNumber(fields.temperature, 'temperature'),
    topP: maybeNumber(fields.top_p, 'top_p'),
    topK: maybeNumber(fields.top_k, 'top_k'),
    stop: readStop(fields.stop),
    seed: maybeNumber(fields.seed, 'seed'),
    frequencyPenalty: maybeNumber(fields.frequency_penalty, 'frequency_penalty'),
    presencePenalty: maybeNumber(fields.presence_penalty, 'presence_penalty'),
    logprobs: maybeBoolean(fields.logprobs, 'logprobs'),
    topLogprobs: maybeNumber(fields.top_logprobs, 'top_logprobs'),
    serviceTier: maybeText(fields.service_tier, 'service_tier'),
    personHash: maybeText(fields.safety_identifier, 'safety_identifier'),
  }
}

/** What would make the answer one of another kind, or several, is refused rather than left out. */
function refuseOtherAnswers(fields: Fields, provider: string) {
  const n = maybeNumber(fields.n, 'n')
  if (n !== undefined && n !== 1) throw unsupported('n', provider)
  for (const name of ['functions', 'function_call', 'audio']) {
    if (!isAbsent(fields[name])) throw unsupported(name, provider)
  }
  const modalities = isAbsent(fields.modalities) ? [] : toList(fields.modalities, 'modalities')
  if (modalities.some((modality) => modality !== 'text')) throw unsupported('modalities', provider)
}

function readOutput(value: unknown): OutputFormat | undefined {
  if (isAbsent(value)) return undefined
  const format = toFields(value, 'response_format')
  if (format.type === 'text') return undefined
  if (format.type === 'json_object') return { type: 'json_object' }
  if (format.type !== 'json_schema') {
    throw invalid('response_format.type', 'must be text, json_object or json_schema.')
  }
  const at = 'response_format.json_schema'
  const wanted = toFields(format.json_schema, at)
  const description = maybeText(wanted.description, `${at}.description`)
  return {
    type: 'json_schema',
    name: toText(wanted.name, `${at}.name`),
    schema: isAbsent(wanted.schema) ? {} : toFields(wanted.schema, `${at}.schema`),
    strict: maybeBoolean(wanted.strict, `${at}.strict`) ?? false,
    ...(description ? { description } : {}),
  }
}

const efforts: readonly ReasoningEffort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

function readEffort(value: unknown): ReasoningEffort | undefined {
  if (isAbsent(value)) return undefined
  const effort = efforts.find((one) => one === value)
  if (!effort) throw invalid('reasoning_effort', `must be one of ${efforts.join(', ')}.`)
  return effort
}

function readStop(value: unknown): string[] | undefined {
  if (isAbsent(value)) return undefined
  if (typeof value === 'string') return [value]
  const stop = toList(value, 'stop').map((one, index) => toText(one, `stop[${index}]`))
  return stop.length > 0 ? stop : undefined
}
