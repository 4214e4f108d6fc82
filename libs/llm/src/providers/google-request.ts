import type {
  FunctionCallingConfig,
  FunctionCallingConfigMode,
  FunctionDeclaration,
  GenerateContentConfig,
  GenerateContentParameters,
} from '@google/genai'
import { given } from '../given.js'
import type { Chat, Tool, Turn } from '../translation/conversation.js'
import type { Dialect } from '../translation/dialect.js'
import type { Drop } from '../translation/fields.js'
import type { GoogleSite } from './google-client.js'
import { providerName, toContent } from './google-content.js'
import { thinkingOf, wantsSignatures } from './google-thinking.js'

/** What the Gemini API can be told: https://ai.google.dev/api/generate-content#method:-models.generatecontent */
export const dialect: Dialect = {
  provider: providerName,
  takes: new Set([
    'max_tokens',
    'max_completion_tokens',
    'temperature',
    'top_p',
    'top_k',
    'stop',
    'seed',
    'frequency_penalty',
    'presence_penalty',
    'tools',
    'tool_choice',
    'response_format',
    'reasoning_effort',
  ]),
}

/** A chat as the SDK takes it. @param signal ends the request */
export function toParameters(
  asked: Chat,
  drop: Drop,
  signal: AbortSignal,
  site: GoogleSite,
): GenerateContentParameters {
  const chat = { ...asked, model: site.nameOf(asked.model) }
  const { model, system, frequencyPenalty, presencePenalty } = chat
  const signed = wantsSignatures(model) ? currentTurns(chat.turns) : []
  const onVertex = site.kind === 'vertex'
  return {
    model,
    // A turn of nothing but another's thoughts is empty, and would be refused.
    contents: chat.turns
      .map((turn) => toContent(turn, { signed: signed.includes(turn), onVertex, drop }))
      .filter(({ parts }) => parts?.length),
    config: {
      ...given({
        temperature: chat.temperature,
        topP: chat.topP,
        topK: chat.topK,
        maxOutputTokens: chat.maxTokens,
        stopSequences: chat.stop,
        seed: chat.seed,
        frequencyPenalty,
        presencePenalty,
        thinkingConfig: thinkingOf(chat, drop),
      }),
      ...(system.length > 0 ? { systemInstruction: { parts: system.map(({ text }) => ({ text })) } } : {}),
      ...toOutput(chat),
      ...toTools(chat),
      abortSignal: signal,
      // One request for one call, always: the SDK would go on by itself where an answer stops at a limit.
      automaticContinuation: false,
      automaticFunctionCalling: { disable: true },
    },
  }
}

/** What was said since a user last spoke: of this alone Gemini checks the signatures. */
function currentTurns(turns: Turn[]): Turn[] {
  const last = turns.findLastIndex(
    ({ role, parts }) => role === 'user' && parts.some(({ type }) => type !== 'tool_result'),
  )
  return turns.slice(last + 1)
}

function toOutput({ output }: Chat): Pick<GenerateContentConfig, 'responseMimeType' | 'responseJsonSchema'> {
  if (!output) return {}
  const type = { responseMimeType: 'application/json' }
  if (output.type === 'json_object') return type
  const { $schema: _version, ...schema } = output.schema
  const { description } = output
  return { ...type, responseJsonSchema: description ? { description, ...schema } : schema }
}

function toTools({ tools, toolChoice }: Chat): Pick<GenerateContentConfig, 'tools' | 'toolConfig'> {
  if (tools.length === 0) return {}
  const names = toolChoice?.names
  // Names can be given only where a tool has to be called.
  const offered =
    names && toolChoice.mode === 'auto' ? tools.filter(({ name }) => names.includes(name)) : tools
  const config: FunctionCallingConfig | undefined =
    toolChoice?.mode === 'required'
      ? { mode: mode('ANY'), ...(names ? { allowedFunctionNames: names } : {}) }
      : toolChoice?.mode === 'none'
        ? { mode: mode('NONE') }
        : // The arguments keep to their schema in this mode, and where a tool must be called.
          offered.some(({ strict }) => strict)
          ? { mode: mode('VALIDATED') }
          : undefined
  return {
    tools: [{ functionDeclarations: offered.map(toDeclaration) }],
    ...(config ? { toolConfig: { functionCallingConfig: config } } : {}),
  }
}

/** The SDK's enumeration is a value, and its package is loaded on the first call alone. */
function mode(name: `${FunctionCallingConfigMode}`): FunctionCallingConfigMode {
  return name as FunctionCallingConfigMode
}

function toDeclaration({ name, description, parameters }: Tool): FunctionDeclaration {
  const { $schema: _version, ...schema } = parameters ?? {}
  return {
    name,
    ...(description ? { description } : {}),
    ...(parameters ? { parametersJsonSchema: schema } : {}),
  }
}
