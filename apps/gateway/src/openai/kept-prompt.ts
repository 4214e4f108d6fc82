import type { ContentPart, KeptMessage } from '@gatehouse/contracts'

/** Beyond it, in characters, what is no text is left out of what is kept of a call. */
const maxWithImages = 1 << 20

/** A part of a message: text, or something that takes room. */
type Piece =
  | { text: string }
  | { image: string; detail: string | undefined }
  | { other: string; kind: string }
interface Said {
  role: string
  pieces: string | Piece[]
}

/**
 * A request as its owner finds it in the history: chat messages (OpenAI's and Anthropic's), `input`, and `prompt`, with
 * images where all of it is at most 1 MiB, and a word in their place where it is more.
 * @param answerLength characters of the answer, which is kept beside it
 */
export function keptPrompt(request: Record<string, unknown>, answerLength: number): KeptMessage[] {
  const said = messagesIn(request)
  const length = answerLength + said.reduce((sum, { pieces }) => sum + lengthOf(pieces), 0)
  const whole = length <= maxWithImages
  return said.map(({ role, pieces }) => ({
    role: (role === 'function' ? 'tool' : role) as KeptMessage['role'],
    content: typeof pieces === 'string' ? pieces : pieces.map((piece) => partOf(piece, whole)),
  }))
}

function messagesIn({ system, instructions, messages, input, prompt }: Fields): Said[] {
  const said: Said[] = []
  for (const text of [system, instructions])
    if (isGiven(text)) said.push({ role: 'system', pieces: piecesOf(text) })
  for (const list of [messages, input]) {
    if (!Array.isArray(list)) continue
    for (const each of list) {
      const { role, content } = fieldsOf(each)
      const isMessage = typeof each === 'object' && each !== null && 'content' in each
      said.push({
        role: isMessage && typeof role === 'string' ? role : 'user',
        pieces: isMessage ? piecesOf(content ?? '') : asText(each),
      })
    }
  }
  if (typeof input === 'string') said.push({ role: 'user', pieces: input })
  if (isGiven(prompt)) said.push({ role: 'user', pieces: asText(prompt) })
  return said
}

function piecesOf(content: unknown): Said['pieces'] {
  return Array.isArray(content) ? content.map(pieceOf) : asText(content)
}

/** Of OpenAI's chat and Responses API, and of Anthropic's Messages. */
function pieceOf(part: unknown): Piece {
  const fields = fieldsOf(part)
  const { type, text, detail, source } = fields
  if (typeof text === 'string') return { text }
  const image = imageIn(fields.image_url) ?? (type === 'image' ? anthropicImage(source) : undefined)
  if (image === undefined)
    return { other: asText(part), kind: typeof type === 'string' ? type.slice(0, 100) : 'part' }
  const told = detail ?? fieldsOf(fields.image_url).detail
  return { image, detail: typeof told === 'string' ? told : undefined }
}

function imageIn(given: unknown): string | undefined {
  if (typeof given === 'string') return given
  const { url } = fieldsOf(given)
  return typeof url === 'string' ? url : undefined
}

/** https://platform.claude.com/docs/en/build-with-claude/vision */
function anthropicImage(source: unknown): string | undefined {
  const { type, media_type, data, url } = fieldsOf(source)
  if (type === 'base64' && typeof data === 'string') return `data:${String(media_type)};base64,${data}`
  return typeof url === 'string' ? url : undefined
}

function lengthOf(pieces: Said['pieces']): number {
  if (typeof pieces === 'string') return pieces.length
  return pieces.reduce((sum, piece) => sum + bodyOf(piece).length, 0)
}

const bodyOf = (piece: Piece): string =>
  'text' in piece ? piece.text : 'image' in piece ? piece.image : piece.other

function partOf(piece: Piece, whole: boolean): ContentPart {
  if ('text' in piece) return { type: 'text', text: piece.text }
  if (whole && 'image' in piece) {
    const { image: url, detail } = piece
    return { type: 'image_url', image_url: detail === undefined ? { url } : { url, detail } }
  }
  if (whole && 'other' in piece) return { type: 'text', text: piece.other }
  const what = 'image' in piece ? 'An image' : `A part of the kind "${piece.kind}"`
  return { type: 'text', text: `[${what} of ${kilobytes(bodyOf(piece))} kB was not kept.]` }
}

/** Of what base64 stands for, where it is such a data URL (RFC 2397). */
function kilobytes(body: string): number {
  const head = /^data:[^,]{0,200};base64,/.exec(body)?.[0]
  const bytes = head === undefined ? body.length : ((body.length - head.length) * 3) / 4
  return Math.max(1, Math.round(bytes / 1000))
}

type Fields = Record<string, unknown>

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {}
const isGiven = (value: unknown) => value !== undefined && value !== null && value !== ''
const asText = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))
