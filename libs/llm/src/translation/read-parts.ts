import type { AudioPart, FilePart, ImagePart, MediaSource, TextPart } from './conversation.js'
import {
  type Drop,
  dropOthers,
  type Fields,
  invalid,
  isAbsent,
  maybeText,
  toFields,
  toList,
  toText,
} from './fields.js'

/** What a message may hold beside calls, their results and thoughts. */
export type ContentPart = TextPart | ImagePart | FilePart | AudioPart

/**
 * The content of a message: a text, or parts. A part of another type than OpenAI has is refused, not dropped.
 * https://platform.openai.com/docs/api-reference/chat/create#chat_create-messages
 */
export function readContent(content: unknown, at: string, drop: Drop): ContentPart[] {
  if (isAbsent(content)) return []
  if (typeof content === 'string') return [{ type: 'text', text: content, at }]
  const parts = toList(content, at).map((part, index) => readPart(part, `${at}[${index}]`, drop))
  // An empty text says nothing, and most providers refuse one.
  const telling = parts.filter((part) => part.type !== 'text' || part.text !== '')
  return telling.length > 0 ? telling : parts.slice(0, 1)
}

/** The content of a message that can only be words. @throws AppError `invalid_request` */
export function readTexts(content: unknown, at: string, drop: Drop): TextPart[] {
  return readContent(content, at, drop).map((part) => {
    if (part.type !== 'text') throw invalid(`${part.at}.type`, 'only text can stand here.')
    return part
  })
}

function readPart(value: unknown, at: string, drop: Drop): ContentPart {
  const part = toFields(value, at)
  const cache = readCacheControl(part, at)
  const known = (...names: string[]) =>
    dropOthers(part, ['type', 'cache_control', ...names], 'messages[].content[].', drop)
  switch (part.type) {
    case 'text':
      known('text')
      return { type: 'text', text: toText(part.text, `${at}.text`), at, ...cache }
    case 'refusal':
      known('refusal')
      return { type: 'text', text: toText(part.refusal, `${at}.refusal`), at, ...cache }
    case 'image_url':
      known('image_url')
      return { ...readImage(part, at), at, ...cache }
    case 'file':
      known('file')
      return { ...readFile(part, at), at, ...cache }
    case 'input_audio':
      known('input_audio')
      return { ...readAudio(part, at), at, ...cache }
    default:
      throw invalid(`${at}.type`, 'must be text, image_url, file or input_audio.')
  }
}

/** Where a prompt may be cached up to, as Anthropic says it. @throws AppError `invalid_request` */
export function readCacheControl(
  { cache_control: mark }: Fields,
  at: string,
): { cacheControl?: Record<string, unknown> } {
  return isAbsent(mark) ? {} : { cacheControl: toFields(mark, `${at}.cache_control`) }
}

function readImage(part: Fields, at: string): ImagePart {
  const image = toFields(part.image_url, `${at}.image_url`)
  const detail = maybeText(image.detail, `${at}.image_url.detail`)
  const source = readSource(toText(image.url, `${at}.image_url.url`), `${at}.image_url.url`)
  return { type: 'image', source, at, ...(detail === undefined || detail === 'auto' ? {} : { detail }) }
}

function readFile(part: Fields, at: string): FilePart {
  const file = toFields(part.file, `${at}.file`)
  const id = maybeText(file.file_id, `${at}.file.file_id`)
  const name = maybeText(file.filename, `${at}.file.filename`)
  const source = id
    ? { id }
    : readSource(toText(file.file_data, `${at}.file.file_data`), `${at}.file.file_data`)
  return { type: 'file', source, at, ...(name ? { name } : {}) }
}

function readAudio(part: Fields, at: string): AudioPart {
  const audio = toFields(part.input_audio, `${at}.input_audio`)
  const format = toText(audio.format, `${at}.input_audio.format`)
  const data = toBase64(toText(audio.data, `${at}.input_audio.data`), `${at}.input_audio.data`)
  return { type: 'audio', format, data, at }
}

/** A data URL in base64 (RFC 2397), or an address for the provider. */
function readSource(text: string, at: string): MediaSource {
  if (!text.startsWith('data:')) {
    if (!URL.canParse(text)) throw invalid(at, 'must be a data URL or an absolute address.')
    return { url: text }
  }
  const comma = text.indexOf(',')
  const [mediaType = '', ...attributes] = text.slice('data:'.length, Math.max(comma, 0)).split(';')
  if (!attributes.includes('base64') || !/^[\w.+-]+\/[\w.+-]+$/.test(mediaType)) {
    throw invalid(at, 'must begin with data:<type>;base64,')
  }
  return { mediaType: mediaType.toLowerCase(), data: toBase64(text.slice(comma + 1), at) }
}

function toBase64(text: string, at: string): string {
  if (text !== '' && /^[A-Za-z0-9+/]+={0,2}$/.test(text)) return text
  throw invalid(at, 'must be base64.')
}
