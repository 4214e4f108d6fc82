import type {
  ContentBlockParam,
  DocumentBlockParam,
  ImageBlockParam,
  TextBlockParam,
  ToolResultBlockParam,
} from '@anthropic-ai/sdk/resources/messages/messages'
import type {
  AssistantPart,
  FilePart,
  ImagePart,
  ReasoningPart,
  TextPart,
  ToolResultPart,
  UserPart,
} from '../translation/conversation.js'
import { type Drop, unsupported } from '../translation/fields.js'
import { claudeFormat } from '../translation/reasoning.js'
import type { ClaudeModel } from './claude-model.js'

/** For people. */
export const providerName = 'Anthropic'

/** What a user or a tool says. @throws AppError `unsupported_by_provider` */
export function toUserBlock(part: UserPart, drop: Drop): ContentBlockParam {
  switch (part.type) {
    case 'text':
      return toTextBlock(part)
    case 'image':
      return toImageBlock(part, drop)
    case 'file':
      return toDocumentBlock(part)
    case 'tool_result':
      return toResultBlock(part, drop)
    case 'audio':
      throw unsupported(part.at, providerName)
  }
}

/** Words. */
export function toTextBlock({ text, cacheControl }: TextPart): TextBlockParam {
  return { type: 'text', text, ...cached(cacheControl) }
}

const imageTypes = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'] as const

function toImageBlock({ source, detail, at, cacheControl }: ImagePart, drop: Drop): ImageBlockParam {
  if (detail) drop('messages[].content[].image_url.detail')
  if ('url' in source) {
    return {
      type: 'image',
      source: { type: 'url', url: toWebAddress(source.url, at) },
      ...cached(cacheControl),
    }
  }
  const mediaType = imageTypes.find((type) => type === source.mediaType)
  if (!mediaType) throw unsupported(at, providerName)
  return {
    type: 'image',
    source: { type: 'base64', media_type: mediaType, data: source.data },
    ...cached(cacheControl),
  }
}

function toDocumentBlock({ source, name, at, cacheControl }: FilePart): DocumentBlockParam {
  const same = { type: 'document' as const, ...(name ? { title: name } : {}), ...cached(cacheControl) }
  if ('id' in source) throw unsupported(at, providerName)
  if ('url' in source) return { ...same, source: { type: 'url', url: toWebAddress(source.url, at) } }
  const { mediaType, data } = source
  if (mediaType === 'application/pdf') {
    return { ...same, source: { type: 'base64', media_type: mediaType, data } }
  }
  if (mediaType !== 'text/plain') throw unsupported(at, providerName)
  const text = Buffer.from(data, 'base64').toString('utf8')
  return { ...same, source: { type: 'text', media_type: mediaType, data: text } }
}

function toResultBlock({ id, content, cacheControl }: ToolResultPart, drop: Drop): ToolResultBlockParam {
  const blocks = content
    .filter((part) => part.type !== 'text' || part.text !== '')
    .map((part) => {
      if (part.type === 'text') return toTextBlock(part)
      return part.type === 'image' ? toImageBlock(part, drop) : toDocumentBlock(part)
    })
  return {
    type: 'tool_result',
    tool_use_id: toCallId(id),
    ...(blocks.length > 0 ? { content: blocks } : {}),
    ...cached(cacheControl),
  }
}

/** What a model said; nothing of thoughts that are not Claude's. */
export function toAssistantBlocks(part: AssistantPart, model: ClaudeModel): ContentBlockParam[] {
  if (part.type === 'text') return [toTextBlock(part)]
  if (part.type === 'reasoning') return model.thinking === 'none' ? [] : toThoughtBlocks(part)
  const { id, name, arguments: input, cacheControl } = part
  return [{ type: 'tool_use', id: toCallId(id), name, input, ...cached(cacheControl) }]
}

/** Claude's own thoughts, as they came. Another's signature would fail the request; a thought without one is no proof. */
function toThoughtBlocks({ text, signature, encrypted, format }: ReasoningPart): ContentBlockParam[] {
  if (format !== undefined && format !== claudeFormat) return []
  if (encrypted) return [{ type: 'redacted_thinking', data: encrypted }]
  return signature ? [{ type: 'thinking', thinking: text, signature }] : []
}

/** Ids of calls that another provider made may hold more than Anthropic lets stand: letters, digits, _ and -. */
function toCallId(id: string): string {
  return id.replace(/[^A-Za-z0-9_-]/g, '_')
}

function toWebAddress(url: string, at: string): string {
  if (/^https?:/i.test(url)) return url
  throw unsupported(at, providerName)
}

/** The mark of a part for the cache, as the caller gave it: the provider says what is wrong with it. */
export function cached(cacheControl: Record<string, unknown> | undefined) {
  return cacheControl ? { cache_control: toMark(cacheControl) } : {}
}

/** A mark for the cache. */
export function toMark(mark: Record<string, unknown>) {
  return { ...mark, type: 'ephemeral' as const }
}
