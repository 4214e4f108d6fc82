import { describe, expect, it } from 'vitest'
import { PassedOnTail, StreamTail, type Tail, TypedEventTail } from './stream-tail.js'

const chunk = (content: string, finish: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finish }], usage: null })}\n\n`
const usage = { prompt_tokens: 3, completion_tokens: 2 }
const usageEvent = `data: ${JSON.stringify({ choices: [], usage })}\n\n`
const done = 'data: [DONE]\n\n'

/** Passes a text through, cut at a place, and gives what went on. */
function pass(tail: Tail, text: string, ...cuts: number[]): string {
  const bytes = Buffer.from(text)
  const places = [0, ...cuts, bytes.length]
  let out = ''
  for (let index = 1; index < places.length; index++) {
    out += tail.push(bytes.subarray(places[index - 1], places[index])).toString()
    if (tail.error) return out
  }
  return out + tail.finish().toString()
}

describe('a stream of OpenAI’s', () => {
  const words = `: hello\n\n${chunk('Grüße')}${chunk('')}`
  const text = `${words}${chunk('', 'stop')}${usageEvent}${done}`

  it('goes on as it came, whatever it is cut into, but for the usage that nobody asked for', () => {
    const length = Buffer.byteLength(text)
    for (let cut = 1; cut < length; cut++) {
      for (const dropUsage of [true, false]) {
        const tail = new StreamTail(dropUsage)
        expect(pass(tail, text, cut)).toBe(dropUsage ? text.replace(usageEvent, '') : text)
        expect(tail.end()).toMatchObject({ whole: true, usage, finishReason: 'stop' })
      }
    }
    const every = [...Array(length).keys()].slice(1)
    expect(pass(new StreamTail(false), text, ...every)).toBe(text)
  })

  it('is whole with its own end alone', () => {
    const tail = new StreamTail(true)
    expect(pass(tail, words)).toBe(words)
    expect(tail.end()).toMatchObject({ whole: false, usage: undefined })
    const last = new StreamTail(true)
    expect(pass(last, `${words}data: [DONE]`)).toBe(`${words}${done}`)
    expect(last.end().whole).toBe(true)
  })

  it('is not whole where something comes behind its end', () => {
    for (const [behind, whole] of [
      [chunk('x'), false],
      [chunk('x').repeat(9), false],
      [': end\n\n', true],
      [chunk('x') + done, true],
    ] as const) {
      const length = Buffer.byteLength(words + done)
      for (const cuts of [[], [length]]) {
        const tail = new StreamTail(false)
        expect(pass(tail, `${words}${done}${behind}`, ...cuts)).toBe(`${words}${done}${behind}`)
        expect(tail.isWhole).toBe(whole)
      }
    }
  })

  it('survives carriage returns, comments and data of several lines', () => {
    const odd = `: note\r\n\r\ndata: {"choices":[{"index":0,\r\ndata: "delta":{},"finish_reason":"length"}]}\r\n\r\n${usageEvent.replaceAll('\n', '\r\n')}data: [DONE]\r\n\r\n`
    const tail = new StreamTail(false)
    expect(pass(tail, odd, 20, 40)).toBe(odd)
    expect(tail.end()).toMatchObject({ whole: true, usage, finishReason: 'length' })
    const dropping = pass(new StreamTail(true), odd)
    expect(dropping).not.toContain('prompt_tokens')
    expect(dropping).toContain('[DONE]')
  })

  it('stops at an error of the provider, wherever it stands', () => {
    const error = 'data: {"error":{"message":"key sk-secret"}}\n\n'
    for (const behind of ['', chunk('x'), chunk('x').repeat(20) + done]) {
      const tail = new StreamTail(true)
      expect(pass(tail, `${words}${error}${behind}`)).toBe(words)
      expect(tail.error).toBeDefined()
    }
  })

  it('is not ended, nor broken, by what a model says', () => {
    const lie = chunk('data: [DONE]\n\n"error" "choices":[] "usage":{}')
    const tail = new StreamTail(true)
    expect(pass(tail, `${lie}${words}`)).toBe(`${lie}${words}`)
    expect(tail.error).toBeUndefined()
    expect(tail.end()).toMatchObject({ whole: false, usage: undefined })
  })

  it('has its figures found at the end of a long one, and counts its events', () => {
    const tail = new StreamTail(true)
    const long = chunk('word ').repeat(5000)
    expect(pass(tail, `${long}${chunk('', 'stop')}${usageEvent}${done}`, 1000, 70_000, 200_000)).toContain(
      done,
    )
    const { events, ...end } = tail.end()
    expect(end).toEqual({ whole: true, usage, finishReason: 'stop' })
    expect(events).toBe(5003)
  })

  it('has its figures found however much comes behind them, where it comes piece by piece', () => {
    const tail = new StreamTail(false)
    const pieces = [
      chunk('word'),
      chunk('', 'length'),
      usageEvent,
      ...Array(100).fill(chunk('filtered')),
      done,
    ]
    for (const piece of pieces) tail.push(Buffer.from(piece))
    expect(tail.end()).toEqual({ whole: true, usage, finishReason: 'length', events: 104 })
  })

  it('of many figures has the last ones', () => {
    const tail = new StreamTail(false)
    const told = (count: number) =>
      `data: {"choices":[],"usage": {"prompt_tokens":3,"completion_tokens":${count}}}\n\n`
    for (let count = 1; count <= 300; count++) tail.push(Buffer.from(told(count)))
    tail.push(Buffer.from(done))
    expect(tail.end().usage).toEqual({ prompt_tokens: 3, completion_tokens: 300 })
  })

  it('counts events whatever their lengths', () => {
    const tail = new StreamTail(false)
    tail.push(Buffer.from(`: processing\n\n${chunk('x'.repeat(50_000))}${chunk('z')}`))
    tail.push(Buffer.from(`${chunk('y'.repeat(1500))}${chunk('').repeat(1000)}`))
    expect(tail.end().events).toBe(1004)
  })

  it('T69: may hold no event without end', () => {
    for (const tail of [new StreamTail(true), new TypedEventTail(), new PassedOnTail()]) {
      for (let count = 0; count < 180; count++) expect(tail.push(Buffer.alloc(100_000, 'x'))).toHaveLength(0)
      expect(tail.error).toBeDefined()
    }
  })

  it('T69: may come a byte at a time, and takes no longer than its length', () => {
    const tail = new StreamTail(true)
    const byte = Buffer.from('x')
    const size = 6_000_000
    let passed = tail.push(Buffer.from('data: ')).length
    for (let count = 0; count < size; count++) passed += tail.push(byte).length
    expect([passed, tail.push(Buffer.from('\n')).length]).toEqual([0, 0])
    expect(tail.push(Buffer.from('\n'))).toHaveLength(size + 8)
  })

  it('T88: may hold an event as large as the arguments of a tool, or a picture', () => {
    const large = chunk('x'.repeat(3 << 20))
    const cuts = Array.from({ length: 40 }, (_, index) => (index + 1) * 65_536)
    expect(pass(new StreamTail(true), `${large}${done}`, ...cuts)).toBe(`${large}${done}`)
  })
})

describe('a stream of typed events', () => {
  it('of the Responses API ends with its own event, which tells the usage', () => {
    const text =
      'event: response.created\ndata: {"type":"response.created","response":{"usage":null}}\n\n' +
      'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"Hi"}\n\n' +
      'event: response.completed\ndata: {"type":"response.completed","response":{"status":"completed","usage":{"input_tokens":5,"output_tokens":2}}}\n\n'
    for (let cut = 1; cut < text.length; cut += 7) {
      const tail = new TypedEventTail()
      expect(pass(tail, text, cut)).toBe(text)
      expect(tail.end()).toMatchObject({
        whole: true,
        usage: { input_tokens: 5, output_tokens: 2 },
        finishReason: 'completed',
      })
    }
  })

  it('of Anthropic adds its usage up, and is whole with message_stop', () => {
    const start =
      'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":9,"output_tokens":1}}}\n\n'
    const delta =
      'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":7}}\n\n'
    const stop = 'event: message_stop\ndata: {"type":"message_stop"}\n\n'
    const tail = new TypedEventTail()
    expect(pass(tail, start + delta + stop, 30)).toBe(start + delta + stop)
    expect(tail.end()).toMatchObject({
      whole: true,
      usage: { input_tokens: 9, output_tokens: 7 },
      finishReason: 'end_turn',
    })
    expect(pass(new TypedEventTail(), start + delta)).toBe(start + delta)
  })

  it('stops at an error of the provider, whatever says so and wherever it is cut', () => {
    const before = 'event: ping\ndata: {"type":"ping","text":"é \u2028event: error\u2028"}\n\n'
    const errors = [
      'event: error\ndata: {"type":"error","error":{"type":"x","message":"key sk-secret"}}\n\n',
      'data: {"type":"error","message":"key sk-secret"}\n\n',
      'data: {"error":"key sk-secret"}\n\n',
      'event:error\r\ndata: key sk-secret\r\n\r\n',
      'data: {"type":"response.failed","response":{"status":"failed","error":{"message":"key sk-secret"}}}\n\n',
      'data: {"error":{"message":"key sk-secret"\n\n',
    ]
    for (const error of errors) {
      for (const create of [() => new TypedEventTail(), () => new PassedOnTail()]) {
        for (let cut = 1; cut < Buffer.byteLength(before + error); cut++) {
          const tail = create()
          expect(pass(tail, `${before}${error}${before}`, cut)).toBe(before)
          expect(tail.error).toBeDefined()
        }
      }
    }
    const cutShort = new TypedEventTail()
    expect(pass(cutShort, `${before}data: {"type":"error","error":{"message":"key sk-sec`)).toBe(before)
    expect(cutShort.isWhole).toBe(false)
  })

  it('T69: keeps of a usage what is read of it alone', () => {
    const names = Array.from({ length: 1000 }, (_, index) => `"n${index}":1`)
    const tail = new TypedEventTail()
    const details = '"input_tokens_details":{"cached_tokens":2,"more":3}'
    pass(tail, `data: {"type":"message_delta","usage":{"input_tokens":9,${details},${names}}}\n\n`)
    expect(tail.end().usage).toEqual({ input_tokens: 9, input_tokens_details: { cached_tokens: 2 } })
  })

  it('keeps a figure that a later event leaves open', () => {
    const tail = new TypedEventTail()
    const start =
      'data: {"type":"message_start","message":{"usage":{"input_tokens":9,"cache_read_input_tokens":4}}}\n\n'
    const delta =
      'data: {"type":"message_delta","usage":{"output_tokens":7,"cache_read_input_tokens":null}}\n\n'
    pass(tail, start + delta)
    expect(tail.end().usage).toEqual({ input_tokens: 9, output_tokens: 7, cache_read_input_tokens: 4 })
  })
})

describe('a stream of which nobody knows what is in it', () => {
  const delta = `data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null}]}\n\n`
  const started =
    'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":9}}}\n\n'
  const through = (text: string) => {
    const ends = []
    for (let cut = 1; cut < text.length; cut += 5) {
      const tail = new PassedOnTail()
      expect(pass(tail, text, cut)).toBe(text)
      expect(tail.isWhole).toBe(tail.end().whole)
      ends.push(tail.end())
    }
    for (const end of ends) expect(end).toEqual(ends[0])
    return ends[0]
  }

  it('goes on as it came, and is whole with its own end where that is known', () => {
    expect(through(`${delta}${delta}`)).toMatchObject({ whole: false })
    expect(through(`${delta}${chunk('', 'stop')}${usageEvent}${done}`)).toMatchObject({
      whole: true,
      usage,
      finishReason: 'stop',
    })
    expect(through(`${delta}data: [DONE]`)).toMatchObject({ whole: true })
    expect(through(started)).toMatchObject({ whole: false, usage: { input_tokens: 9 } })
    expect(through(`${started}data: {"type":"message_stop"}\n\n`)).toMatchObject({ whole: true })
    expect(through('data: {"step":1}\n\n: end\n\ndata: {"step":2}')).toMatchObject({ whole: true })
    expect(through(`${delta}data: {"error":null}\n\n${done}`)).toMatchObject({ whole: true })
  })

  it('does not give on an error that the end has cut', () => {
    const tail = new PassedOnTail()
    expect(pass(tail, `${delta}data: {"error":{"message":"key sk-sec`)).toBe(delta)
    expect(tail.error).toBeDefined()
  })
})
