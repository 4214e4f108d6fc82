import type { Content, FunctionResponsePart, Part } from '@google/genai'
import type {
  AssistantPart,
  MediaSource,
  ToolResultPart,
  Turn,
  UserPart,
} from '../translation/conversation.js'
import { type Drop, isFields, unsupported } from '../translation/fields.js'

/** For people. */
export const providerName = 'Google Gemini'

/** What a turn's form depends on. */
export interface ContentRules {
  /** Gemini checks the turn's signatures. */
  signed: boolean
  /** Vertex AI is asked. */
  onVertex: boolean
  drop: Drop
}

/** One turn. @throws AppError `unsupported_by_provider` */
export function toContent(turn: Turn, rules: ContentRules): Content {
  const { signed, onVertex } = rules
  if (turn.role === 'user') return { role: 'user', parts: turn.parts.map((part) => toPart(part, rules)) }
  const parts = turn.parts.filter((part) => part.type !== 'reasoning')
  const calls = parts.filter((part) => part.type === 'tool_call')
  const [first] = calls
  const isLost = signed && calls.every(({ extra }) => signatureIn(extra) === undefined)
  const lastWords = parts.findLast(({ type }) => type === 'text')
  return {
    role: 'model',
    parts: parts.map((part) => {
      const extra = part.type === 'tool_call' ? part.extra : part === lastWords ? turn.extra : undefined
      const signature = signatureIn(extra) ?? (isLost && part === first ? lostSignature : undefined)
      return {
        ...toModelPart(part, onVertex),
        ...(signature === undefined ? {} : { thoughtSignature: signature }),
      }
    }),
  }
}

/**
 * What Google has clients send in place of a signature that they do not have, on the first call of an answer: without
 * one, Gemini 3 refuses the request. https://ai.google.dev/gemini-api/docs/thought-signatures#faqs
 */
const lostSignature = 'skip_thought_signature_validator'

/** As Google's own OpenAI endpoint gives it and takes it back. https://ai.google.dev/gemini-api/docs/openai */
export function toExtra(signature: string | undefined): unknown {
  return signature === undefined ? undefined : { google: { thought_signature: signature } }
}

function signatureIn(extra: unknown): string | undefined {
  const google = isFields(extra) ? extra.google : undefined
  const signature = isFields(google) ? google.thought_signature : undefined
  return typeof signature === 'string' && signature !== '' ? signature : undefined
}

function toModelPart(part: Exclude<AssistantPart, { type: 'reasoning' }>, onVertex: boolean): Part {
  if (part.type === 'text') return { text: part.text }
  const { id, name, arguments: args } = part
  return { functionCall: { ...toId(id, onVertex), name, args } }
}

/** Vertex AI refuses it (`Unknown name "id"`), and knows calls and their answers by name and order. */
function toId(id: string, onVertex: boolean): { id?: string } {
  return onVertex ? {} : { id }
}

function toPart(part: UserPart, { drop, onVertex }: ContentRules): Part {
  switch (part.type) {
    case 'text':
      return { text: part.text }
    case 'image':
      if (part.detail) drop('messages[].content[].image_url.detail')
      return toMedia(part.source, part.at, onVertex)
    case 'file':
      if ('id' in part.source) throw unsupported(part.at, providerName)
      return toMedia(part.source, part.at, onVertex)
    case 'audio':
      return { inlineData: { mimeType: `audio/${part.format}`, data: part.data } }
    case 'tool_result':
      return { functionResponse: toResponse(part, onVertex) }
  }
}

/** Types by the end of an address: Gemini fetches what is there, and wants to be told what it is. */
const typesByEnding = new Map([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['webp', 'image/webp'],
  ['gif', 'image/gif'],
  ['heic', 'image/heic'],
  ['heif', 'image/heif'],
  ['pdf', 'application/pdf'],
])

function toMedia(source: MediaSource, at: string, onVertex: boolean): Part {
  if ('data' in source) return { inlineData: { mimeType: source.mediaType, data: source.data } }
  // Vertex AI reads gs:// with the rights of the project, whatever those are.
  if (onVertex && !/^https?:/i.test(source.url)) throw unsupported(at, providerName)
  const ending = /\.(\w+)$/.exec(new URL(source.url).pathname)?.[1]?.toLowerCase() ?? ''
  const mimeType = typesByEnding.get(ending)
  return { fileData: { fileUri: source.url, ...(mimeType ? { mimeType } : {}) } }
}

/** An answer that is an object goes as it is; any other under the name that Google gives it. */
function toResponse({ id, name, content, at }: ToolResultPart, onVertex: boolean) {
  const text = content.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
  const parts = content.flatMap((part): FunctionResponsePart[] => {
    if (part.type === 'text') return []
    if (!('data' in part.source)) throw unsupported(at, providerName)
    return [{ inlineData: { mimeType: part.source.mediaType, data: part.source.data } }]
  })
  const parsed = parse(text)
  const response = isFields(parsed) ? parsed : { output: text.trim() === '' ? '' : text }
  return { ...toId(id, onVertex), name, response, ...(parts.length > 0 ? { parts } : {}) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
