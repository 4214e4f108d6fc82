import { createHash } from 'node:crypto'
import type {
  CachePointBlock,
  ContentBlock,
  DocumentBlock,
  DocumentFormat,
  ImageBlock,
  Message,
  SystemContentBlock,
  ToolResultContentBlock,
} from '@aws-sdk/client-bedrock-runtime'
import type {
  AssistantPart,
  AudioPart,
  Chat,
  FilePart,
  ImagePart,
  MediaSource,
  ReasoningPart,
  ToolCallPart,
  ToolResultPart,
  Turn,
  UserPart,
} from '../translation/conversation.js'
import { type Drop, unsupported } from '../translation/fields.js'
import { claudeFormat } from '../translation/reasoning.js'
import type { BedrockModel } from './bedrock-model.js'

/** For people. */
export const providerName = 'Amazon Bedrock'

/** Who can read what a model on Bedrock signed or hid; Claude's signatures hold on every platform. */
export function formatOf({ maker, claude }: BedrockModel, what: 'signed' | 'hidden'): string {
  return claude && what === 'signed' ? claudeFormat : `amazon-bedrock-${maker}-v1`
}

/** What is known while the messages of one request are written. */
interface Writing {
  model: BedrockModel
  /** The request has no tools: calls and their answers are told as words, since Converse refuses the blocks then. */
  inWords: boolean
  drop: Drop
  /** Names of documents so far: Converse refuses a second one of the same name. */
  names: Set<string>
}

/** The conversation. @throws AppError `unsupported_by_provider` */
export function toMessages(model: BedrockModel, { turns }: Chat, inWords: boolean, drop: Drop): Message[] {
  const writing = { model, inWords, drop, names: new Set<string>() }
  // A turn of nothing but another's thoughts is empty, and would be refused.
  return turns.map((turn) => toMessage(turn, writing)).filter(({ content }) => content?.length)
}

/** What the system and the developer say. */
export function toSystem(model: BedrockModel, { system }: Chat, drop: Drop): SystemContentBlock[] {
  return system.flatMap(({ text, cacheControl }): SystemContentBlock[] =>
    isBlank(text) ? [] : [{ text }, ...marked(cacheControl, model, drop)],
  )
}

/** The mark of a part for the cache, which is a block behind it here; none where the model has no cache. */
export function marked(
  cacheControl: Record<string, unknown> | undefined,
  { caches }: BedrockModel,
  drop: Drop,
): { cachePoint: CachePointBlock }[] {
  if (!cacheControl) return []
  if (caches === 'nowhere') {
    drop('cache_control')
    return []
  }
  const { ttl } = cacheControl
  // As the caller gave it: the provider says what is wrong with it.
  return [
    { cachePoint: { type: 'default', ...(ttl === undefined ? {} : { ttl: ttl as CachePointBlock['ttl'] }) } },
  ]
}

function toMessage(turn: Turn, writing: Writing): Message {
  const parts: (UserPart | AssistantPart)[] = turn.parts
  const blocks = parts.flatMap((part) => {
    const made = toBlocks(part, writing)
    return made.length > 0 && 'cacheControl' in part
      ? [...made, ...marked(part.cacheControl, writing.model, writing.drop)]
      : made
  })
  return { role: turn.role, content: withWords(blocks) }
}

/** Converse refuses words that are blank, and a document without words beside it. */
function withWords(blocks: ContentBlock[]): ContentBlock[] {
  const telling = blocks.filter(({ text }) => text === undefined || !isBlank(text))
  const kept = telling.some((block) => !block.cachePoint) ? telling : blocks
  const document = kept.find((block) => block.document)?.document
  return document && !kept.some(({ text }) => text !== undefined)
    ? [{ text: document.name ?? '' }, ...kept]
    : kept
}

function toBlocks(part: UserPart | AssistantPart, writing: Writing): ContentBlock[] {
  switch (part.type) {
    case 'text':
      return [{ text: part.text }]
    case 'image':
      return [{ image: toImage(part, writing.drop) }]
    case 'file':
      return [{ document: toDocument(part, writing) }]
    case 'audio':
      return [{ audio: toAudio(part, writing.model) }]
    case 'reasoning':
      return toThought(part, writing.model)
    case 'tool_call':
      return [toCall(part, writing)]
    case 'tool_result':
      return toResult(part, writing)
  }
}

const imageFormats = new Map<string, ImageBlock['format']>([
  ['image/jpeg', 'jpeg'],
  ['image/png', 'png'],
  ['image/gif', 'gif'],
  ['image/webp', 'webp'],
])

function toImage({ source, detail, at }: ImagePart, drop: Drop): ImageBlock {
  if (detail) drop('messages[].content[].image_url.detail')
  const { mediaType, bytes } = toBytes(source, at)
  const format = imageFormats.get(mediaType)
  if (!format) throw unsupported(at, providerName)
  return { format, source: { bytes } }
}

const documentFormats = new Map<string, DocumentFormat>([
  ['application/pdf', 'pdf'],
  ['text/csv', 'csv'],
  ['text/html', 'html'],
  ['text/markdown', 'md'],
  ['text/plain', 'txt'],
  ['application/msword', 'doc'],
  ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'docx'],
  ['application/vnd.ms-excel', 'xls'],
  ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'xlsx'],
])

function toDocument({ source, name, at }: FilePart, { names }: Writing): DocumentBlock {
  if ('id' in source) throw unsupported(at, providerName)
  const { mediaType, bytes } = toBytes(source, at)
  const format = documentFormats.get(mediaType)
  if (!format) throw unsupported(at, providerName)
  return { format, name: toName(name, names), source: { bytes } }
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html */
function toName(name: string | undefined, names: Set<string>): string {
  const stem = (name ?? '')
    .replace(/\.\w+$/, '')
    .replace(/[^A-Za-z0-9\s\-()[\]]+/g, '-')
    .replace(/\s+/g, ' ')
    .trim()
  const wanted = stem.replace(/^-+$/, '').slice(0, 180) || 'Document'
  let free = wanted
  for (let number = 2; names.has(free); number++) free = `${wanted} (${number})`
  names.add(free)
  return free
}

/**
 * Converse fetches nothing but objects of S3, and those with our credential: a caller could have read what the gateway's
 * role may and nobody meant to show, so an address is refused, whatever it is.
 */
function toBytes(source: MediaSource, at: string): { mediaType: string; bytes: Uint8Array } {
  if ('url' in source) throw unsupported(at, providerName)
  return { mediaType: source.mediaType, bytes: Buffer.from(source.data, 'base64') }
}

function toAudio(
  { format, data, at }: AudioPart,
  { claude }: BedrockModel,
): ContentBlock.AudioMember['audio'] {
  if (claude || (format !== 'wav' && format !== 'mp3')) throw unsupported(at, providerName)
  return { format, source: { bytes: Buffer.from(data, 'base64') } }
}

/** Thoughts that this model can read. Another's would fail the request; a thought without proof is none. */
function toThought(
  { text, signature, encrypted, format }: ReasoningPart,
  model: BedrockModel,
): ContentBlock[] {
  if (model.claude?.thinking === 'none') return []
  if (encrypted) {
    if (format !== formatOf(model, 'hidden')) return []
    return [{ reasoningContent: { redactedContent: Buffer.from(encrypted, 'base64') } }]
  }
  if (!signature || format !== formatOf(model, 'signed')) return []
  return [{ reasoningContent: { reasoningText: { text, signature } } }]
}

function toCall({ id, name, arguments: input }: ToolCallPart, { model, inWords }: Writing): ContentBlock {
  if (inWords) return { text: `[Called ${name} with ${JSON.stringify(input)}]` }
  // JSON, which is what the SDK's type means.
  type Input = ContentBlock.ToolUseMember['toolUse']['input']
  return { toolUse: { toolUseId: toCallId(id, model), name, input: input as Input } }
}

function toResult({ id, name, content, cacheControl }: ToolResultPart, writing: Writing): ContentBlock[] {
  const blocks = content
    .filter((part) => part.type !== 'text' || !isBlank(part.text))
    .flatMap((part): (ContentBlock & ToolResultContentBlock)[] => {
      if (part.type === 'text') return [{ text: part.text }]
      if (part.type === 'image') return [{ image: toImage(part, writing.drop) }]
      return [{ document: toDocument(part, writing) }]
    })
  // There is no place for a mark inside; one on the message itself is set by the caller of this.
  const inside = cacheControl ? undefined : content.findLast((part) => part.cacheControl)?.cacheControl
  const mark = marked(inside, writing.model, writing.drop)
  if (writing.inWords) {
    const words = blocks.map(({ text }) => text ?? '').join('\n')
    return [
      { text: `[${name} answered: ${words}]` },
      ...blocks.filter(({ text }) => text === undefined),
      ...mark,
    ]
  }
  return [{ toolResult: { toolUseId: toCallId(id, writing.model), content: blocks } }, ...mark]
}

/** An id as the model takes it: another provider made it, maybe, of other letters, or longer. */
function toCallId(id: string, { shortCallIds }: BedrockModel): string {
  if (shortCallIds) return /^[A-Za-z0-9]{9}$/.test(id) ? id : digest(id).slice(0, 9)
  return /^[A-Za-z0-9_-]{1,64}$/.test(id) ? id : `call_${digest(id).slice(0, 32)}`
}

/** Letters and digits alone, so that two ids that differ stay two. */
function digest(id: string): string {
  return createHash('sha256').update(id).digest('hex')
}

function isBlank(text: string): boolean {
  return text.trim() === ''
}
