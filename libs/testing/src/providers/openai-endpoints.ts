import type { Answer, Dialect, RecordedRequest } from './stand-in.js'

type Route = ReturnType<Dialect['route']>

/** What else of OpenAI's API answers at once, by the end of its path; undefined for a path that it does not have. */
export function routeOther(request: RecordedRequest, path: string): Route {
  if (request.method === 'POST' && path.endsWith('/moderations')) return json(moderation(request))
  if (request.method === 'POST' && /\/images\/(generations|edits)$/.test(path)) return json(image)
  if (request.method === 'POST' && path.endsWith('/audio/speech')) return speech
  if (request.method === 'POST' && /\/audio\/(transcriptions|translations)$/.test(path))
    return transcription(request)
  if (path.includes('/files')) return files(request, path)
  return undefined
}

const json = (body: unknown): Route => ({ kind: 'json', body })

/** https://platform.openai.com/docs/api-reference/moderations/object */
function moderation({ json: body }: RecordedRequest) {
  const { model = 'omni-moderation-latest' } = (body ?? {}) as { model?: unknown }
  const results = [{ flagged: false, categories: { violence: false }, category_scores: { violence: 0.01 } }]
  return { id: 'modr-stand-in', model, results }
}

/** https://platform.openai.com/docs/api-reference/images/object */
const image = {
  created: 1_700_000_000,
  data: [{ b64_json: 'iVBORw0KGgo=' }],
  usage: {
    input_tokens: 7,
    output_tokens: 272,
    total_tokens: 279,
    input_tokens_details: { image_tokens: 0, text_tokens: 7 },
  },
}

/** Every byte there is: what is read as text on the way comes out as something else. */
export const speechBytes = Buffer.from([...Array(256).keys()])

/** https://platform.openai.com/docs/api-reference/audio/createSpeech */
const speech: Route = { kind: 'json', body: speechBytes, headers: { 'content-type': 'audio/mpeg' } }

/** https://platform.openai.com/docs/api-reference/audio/json-object; a text, or the pieces of a stream, where asked for. */
function transcription({ text: form }: RecordedRequest): Route {
  const field = (name: string) => new RegExp(`name="${name}"\r\n\r\n([^\r]*)\r\n`).exec(form)?.[1]
  if (field('model') === undefined)
    return { kind: 'json', body: {}, fault: 'you must provide a model parameter' }
  const usage = { type: 'tokens', input_tokens: 14, output_tokens: 5, total_tokens: 19 }
  if (field('stream') === 'true') {
    const body = Buffer.concat([
      typedEvent('transcript.text.delta', { delta: 'Hello ' }),
      typedEvent('transcript.text.delta', { delta: 'there.' }),
      typedEvent('transcript.text.done', { text: 'Hello there.', usage }),
    ])
    return { kind: 'json', body, headers: { 'content-type': 'text/event-stream' } }
  }
  if (field('response_format') === 'text')
    return { kind: 'json', body: Buffer.from('Hello there.\n'), headers: { 'content-type': 'text/plain' } }
  return json({ text: 'Hello there.', usage })
}

/** Objects that have no model: https://platform.openai.com/docs/api-reference/files */
function files({ method }: RecordedRequest, path: string): Route {
  const id = /\/files\/([^/]+)/.exec(path)?.[1]
  const file = { id: id ?? 'file-1', object: 'file', bytes: 3, filename: 'a.jsonl', purpose: 'batch' }
  if (id !== undefined && id !== 'file-1') return undefined
  if (method === 'DELETE') return json({ id, object: 'file', deleted: true })
  if (id === undefined && method === 'GET') return json({ object: 'list', data: [file], has_more: false })
  return json(file)
}

/** https://platform.openai.com/docs/api-reference/completions/object */
export function textCompletion({ model, text, finish, usage }: Answer) {
  return {
    id: 'cmpl-stand-in',
    object: 'text_completion',
    created: 1_700_000_000,
    model,
    choices: [{ index: 0, text, logprobs: null, finish_reason: finish }],
    usage: {
      prompt_tokens: usage.input,
      completion_tokens: usage.output,
      total_tokens: usage.input + usage.output,
    },
  }
}

/** https://platform.openai.com/docs/api-reference/responses/object */
export function response(answer: Answer, request: RecordedRequest) {
  const { metadata = {}, tools = [] } = (request.json ?? {}) as { metadata?: unknown; tools?: unknown }
  const { usage, finish } = answer
  const isCut = finish === 'length'
  return {
    ...responseHead(answer, isCut ? 'incomplete' : 'completed'),
    incomplete_details: isCut ? { reason: 'max_output_tokens' } : null,
    output: outputOf(answer),
    tools,
    usage: {
      input_tokens: usage.input,
      input_tokens_details: { cached_tokens: usage.cached ?? 0 },
      output_tokens: usage.output,
      output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
      total_tokens: usage.input + usage.output,
    },
    user: null,
    metadata,
  }
}

/** https://platform.openai.com/docs/api-reference/responses-streaming */
export function responseEvents(answer: Answer, request: RecordedRequest): Buffer[] {
  const whole = response(answer, request)
  let sequence = 0
  const event = (type: string, fields: object) => typedEvent(type, { ...fields, sequence_number: sequence++ })
  const created = { ...responseHead(answer, 'in_progress'), output: [], usage: null }
  const pieces = [event('response.created', { response: created })]
  for (const [index, item] of outputOf(answer).entries()) {
    const place = { output_index: index, item_id: item.id }
    pieces.push(event('response.output_item.added', { ...place, item }))
    const words = 'content' in item ? (item.content[0]?.text.match(/\s*\S+/g) ?? []) : []
    for (const delta of words)
      pieces.push(event('response.output_text.delta', { ...place, content_index: 0, delta }))
    pieces.push(event('response.output_item.done', { ...place, item }))
  }
  return [...pieces, event(`response.${whole.status}`, { response: whole })]
}

function responseHead({ model }: Answer, status: string) {
  return { id: 'resp_stand_in', object: 'response', created_at: 1_700_000_000, status, error: null, model }
}

function outputOf({ text, calls }: Answer) {
  const said = {
    id: 'msg_1',
    type: 'message' as const,
    status: 'completed' as const,
    role: 'assistant' as const,
    content: [{ type: 'output_text' as const, text, annotations: [] }],
  }
  const called = calls.map(({ id, name, arguments: given }) => ({
    id: `fc_${id}`,
    type: 'function_call' as const,
    status: 'completed' as const,
    call_id: id,
    name,
    arguments: JSON.stringify(given),
  }))
  return [...(text ? [said] : []), ...called]
}

/** An event that says its type twice, as these APIs do. */
export function typedEvent(type: string, fields: object): Buffer {
  return Buffer.from(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`)
}
