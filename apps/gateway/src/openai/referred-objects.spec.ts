import { describe, expect, it } from 'vitest'
import { MadeInStream, madeAtStart, madeIn } from './made-objects.js'
import { readBody, withReferences } from './read-body.js'

const refers = (body: unknown, items = true) =>
  withReferences(readBody(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))), {
    items,
    anew: false,
  })

describe('what a request refers to at the provider', () => {
  it.each([
    [{ previous_response_id: 'resp_1' }, ['resp_1']],
    [{ conversation: 'conv_1' }, ['conv_1']],
    [{ conversation: { id: 'conv_1' } }, ['conv_1']],
    [{ input: [{ type: 'item_reference', id: 'msg_1' }] }, ['msg_1']],
    [{ input: [{ id: 'rs_1' }] }, ['rs_1']],
    [{ input: [{ type: null, id: 'msg_1' }] }, ['msg_1']],
    [{ input: [{ id: 'msg_1', agent: null, status: null }] }, ['msg_1']],
    [{ input: [{ type: 'image_generation_call', id: 'ig_1' }] }, ['ig_1']],
    [{ input: [{ type: 'reasoning', id: 'rs_1', summary: [] }] }, ['rs_1']],
    [
      { tools: [{ type: 'shell', environment: { type: 'container_reference', container_id: 'cntr_1' } }] },
      ['cntr_1'],
    ],
    [{ prompt: { id: 'pmpt_1', version: '1', variables: {} } }, ['pmpt_1']],
    [{ messages: [{ role: 'assistant', audio: { id: 'audio_1' } }] }, ['audio_1']],
    [{ Previous_Response_Id: 'resp_1' }, ['resp_1']],
    [{ input: [{ Type: 'Item_Reference', ID: 'msg_1' }] }, ['msg_1']],
    [{ input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'file-1' }] }] }, ['file-1']],
    [{ tools: [{ type: 'file_search', vector_store_ids: ['vs_1', 'vs_2'] }] }, ['vs_1', 'vs_2']],
    [{ tools: [{ type: 'code_interpreter', container: 'cntr_1' }] }, ['cntr_1']],
    [
      { tools: [{ type: 'code_interpreter', container: { type: 'auto', file_ids: ['file-2'] } }] },
      ['file-2'],
    ],
    [{ messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file-3' } }] }] }, ['file-3']],
  ])('T42: is found in %j', (body, ids) => {
    expect(refers({ model: 'openai/gpt-5', ...body }).refers).toEqual(ids)
  })

  it('T42: is what the provider reads, where a name is escaped or stands twice', () => {
    const escaped = refers('{"model":"m","input":[{"type":"input_file","f\\u0069le_id":"file-1"}]}', false)
    expect(escaped.refers).toEqual(['file-1'])
    const twice = refers('{"model":"m","input":[{"file_id":"file-1","file_id":"file-2"}]}', false)
    expect(twice.refers).toEqual(['file-2'])
    expect(twice.bytes.toString()).toBe('{"model":"m","input":[{"file_id":"file-2"}]}')
    expect(twice.walked.model).toBe('m')
    const cleared = refers('{"model":"m","previous_response_id":"resp_1","previous_response_id":null}', false)
    expect(cleared.refers).toEqual([])
    expect(cleared.bytes.toString()).toBe('{"model":"m","previous_response_id":null}')
  })

  it('is nothing in what models and tools say, which goes on byte for byte', () => {
    const text = JSON.stringify({
      model: 'm',
      messages: [
        { role: 'user', content: 'previous_response_id: resp_1, "file_id":"file-1"' },
        {
          role: 'assistant',
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'call_1', content: '{"file_id":"file-1"}' },
      ],
      input: [
        { type: 'message', role: 'assistant', id: 'msg_1', content: [{ type: 'output_text', text: 'Hi' }] },
      ],
    })
    for (const items of [true, false]) {
      const { bytes, refers: found } = refers(text, items)
      expect(found).toEqual([])
      expect(bytes.toString()).toBe(text)
    }
  })
})

describe('what an answer makes at the provider', () => {
  const answer = {
    id: 'resp_1',
    object: 'response',
    output: [{ id: 'msg_1', type: 'message' }, { id: 'rs_1' }],
  }

  it('is the answer and its items', () => {
    expect(madeIn(Buffer.from(JSON.stringify(answer)))).toEqual(['resp_1', 'msg_1', 'rs_1'])
    expect(madeAtStart(Buffer.from(JSON.stringify(answer)))).toEqual(['resp_1'])
    for (const other of ['[]', 'no JSON', '{"id":7}', '{"id":"a b"}'])
      expect(madeIn(Buffer.from(other))).toEqual([])
  })

  it('T42: is told by the events of a stream that make something, never by what a model says', () => {
    const event = (data: object) => `event: x\ndata: ${JSON.stringify(data)}\n\n`
    const stream = new MadeInStream()
    const push = (data: object) => stream.push(Buffer.from(event(data)))
    expect(push({ type: 'response.created', response: { ...answer, output: [] } })).toEqual(['resp_1'])
    expect(push({ type: 'response.output_item.added', item: { id: 'msg_1', type: 'message' } })).toEqual([
      'msg_1',
    ])
    const said = JSON.stringify({ type: 'response.created', response: { id: 'resp_stolen' } })
    expect(push({ type: 'response.output_text.delta', delta: said })).toEqual([])
    expect(push({ type: 'response.completed', response: answer })).toEqual([])
  })
})
