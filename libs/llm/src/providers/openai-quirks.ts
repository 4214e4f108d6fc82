import { firstBytes } from './capped-errors.js'

/** How a vendor's wire differs from OpenAI's; said in that vendor's file, with the page that says so. */
export interface Quirks {
  /**
   * Fields of a chat request: OpenAI's name → the vendor's. null: the vendor refuses the field, and leaving it out loses
   * its caller nothing: it asks for what the vendor does unasked.
   */
  fields?: Readonly<Record<string, string | null>>
  /** True: refuses the role `developer`, or passes over it. Its messages go under `system`, which it stands for. */
  noDeveloper?: boolean
  /** True: ends a stream without `[DONE]`. An orderly end behind a finish reason is whole then. */
  noDone?: boolean
  /** The sentence in the body of an error, where that is not at `error.message`. */
  errorMessage?: (body: JsonObject) => string | undefined
}

/** An object as it came out of JSON. */
export type JsonObject = Record<string, unknown>

/** Whether something is an object that came out of JSON, and no array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A chat request as the vendor takes it, in bytes; as it came where none of the quirks concerns it. */
export function adaptBody(bytes: Uint8Array, quirks: Quirks): Uint8Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!wordsOf(quirks).some((word) => buffer.includes(word))) return bytes
  const body = parse(buffer.toString('utf8'))
  return isJsonObject(body) ? Buffer.from(JSON.stringify(adapt(body, quirks))) : bytes
}

/** What has to stand in a body for it to be worth parsing. */
function wordsOf({ fields = {}, noDeveloper }: Quirks): string[] {
  return [...Object.keys(fields), ...(noDeveloper ? ['developer'] : [])].map((word) => `"${word}"`)
}

function adapt(body: JsonObject, { fields = {}, noDeveloper }: Quirks): JsonObject {
  const adapted: JsonObject = { ...body }
  for (const [name, theirs] of Object.entries(fields)) {
    const value = adapted[name]
    delete adapted[name]
    if (theirs !== null && value !== undefined && value !== null) adapted[theirs] = value
  }
  if (noDeveloper && Array.isArray(body.messages)) adapted.messages = body.messages.map(asSystem)
  return adapted
}

function asSystem(message: unknown): unknown {
  return isJsonObject(message) && message.role === 'developer' ? { ...message, role: 'system' } : message
}

/** The body of an error in OpenAI's shape. */
export function adaptError(text: string, { errorMessage }: Quirks): string {
  const body = errorMessage && parse(text)
  const message = isJsonObject(body) ? errorMessage?.(body) : undefined
  return message === undefined ? text : JSON.stringify({ error: { message, code: null } })
}

/** The fetch given, for a client that speaks and hears OpenAI's shape. */
export function adaptFetch(fetch: typeof globalThis.fetch, quirks: Quirks): typeof globalThis.fetch {
  return async (input, init) => {
    const body = typeof init?.body === 'string' ? adaptBody(Buffer.from(init.body), quirks) : undefined
    const response = await fetch(input, body ? { ...init, body: Buffer.from(body) } : init)
    const { status, headers } = response
    if (!response.body) return response
    if (!response.ok) {
      const text = await new Response(ReadableStream.from(firstBytes(response.body))).text()
      return new Response(adaptError(text, quirks), { status, headers })
    }
    if (!quirks.noDone || !isEventStream(headers.get('content-type'))) return response
    return new Response(ReadableStream.from(withDone(response.body)), { status, headers })
  }
}

/** Whether a content type is that of an event stream. */
export function isEventStream(contentType: unknown): boolean {
  return /^text\/event-stream\b/i.test(String(contentType))
}

async function* withDone(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const mark = new DoneMark()
  for await (const chunk of body) {
    mark.push(chunk)
    yield chunk
  }
  const missing = mark.missing()
  if (missing) yield missing
}

/** Watches a stream of a vendor that ends it without `[DONE]`. */
export class DoneMark {
  private held = '\n'
  private finished = false
  private done = false

  push(chunk: Uint8Array): void {
    // What is looked for is ASCII, wherever the bytes were cut.
    const text = this.held + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1')
    this.finished ||= /"finish_reason":\s{0,4}"/.test(text)
    this.done ||= /\ndata: ?\[DONE\]/.test(text)
    this.held = text.slice(-32)
  }

  /** At the orderly end: what the stream lacks to be whole, where its answer is. */
  missing(): Buffer | undefined {
    return this.finished && !this.done ? Buffer.from('\n\ndata: [DONE]\n\n') : undefined
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
