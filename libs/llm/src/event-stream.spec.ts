import { describe, expect, it } from 'vitest'
import { EventTooLargeError, maxEventBytes, readEvents } from './event-stream.js'

async function read(...pieces: (string | Uint8Array)[]): Promise<string[]> {
  const events: string[] = []
  for await (const event of readEvents(stream(pieces))) events.push(event)
  return events
}

async function* stream(pieces: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield typeof piece === 'string' ? Buffer.from(piece) : piece
}

describe('an event stream', () => {
  it('F10: reads the same wherever its bytes are cut', async () => {
    const text =
      '\uFEFF: hello\r\ndata: {"a":"Grüße 👋🏽"}\r\n\r\nevent: x\ndata:one\ndata: two\n\nid: 1\rdata: three\r\rdata\n\nretry: 5\n\ndata: [DONE]\n\n'
    const bytes = Buffer.from(text)
    const whole = await read(bytes)
    expect(whole).toEqual(['{"a":"Grüße 👋🏽"}', 'one\ntwo', 'three', '[DONE]'])
    for (let at = 0; at <= bytes.length; at++) {
      expect(await read(bytes.subarray(0, at), bytes.subarray(at))).toEqual(whole)
    }
    expect(await read(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(whole)
  })

  it('drops an event that the end of the stream has cut', async () => {
    expect(await read('data: 1\n\ndata: {"half"')).toEqual(['1'])
    expect(await read('data: 1\n\ndata: 2\n')).toEqual(['1'])
  })

  it('takes a [DONE] without its empty line', async () => {
    expect(await read('data: 1\n\ndata: [DONE]')).toEqual(['1', '[DONE]'])
    expect(await read('data: 1\n\ndata: [DONE]\n')).toEqual(['1', '[DONE]'])
  })

  it('T69: stops at a line, and at an event, that never ends', async () => {
    const piece = 'x'.repeat(64 * 1024)
    const line = ['data: ', ...Array.from({ length: 32 }, () => piece)]
    await expect(read(...line)).rejects.toThrow(EventTooLargeError)
    const lines = Array.from({ length: 32 }, () => `data: ${piece}\n`)
    await expect(read(...lines)).rejects.toThrow(EventTooLargeError)
    const empty = Array.from({ length: 32 }, () => 'data:\n'.repeat(8192))
    await expect(read(...empty)).rejects.toThrow(EventTooLargeError)
    expect(await read(`data: ${'x'.repeat(maxEventBytes - 100)}\n\n`)).toHaveLength(1)
  })
})
