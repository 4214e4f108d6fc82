import { describe, expect, it } from 'vitest'
import { MessageProblem, type ResponseHeaders, ResponseParser } from './response-parser.js'

interface Read {
  status?: number
  headers?: ResponseHeaders
  body: string
  end?: { reusable: boolean }
  problem?: string
}

/** Reads bytes in pieces, then the end of the connection. */
function read(pieces: Buffer[], bodiless = false): Read {
  const seen: Read = { body: '' }
  const parser = new ResponseParser(
    {
      onHead(status, headers) {
        seen.status = status
        seen.headers = { ...headers }
      },
      onBody(piece) {
        seen.body += piece.toString('latin1')
      },
      onEnd(reusable) {
        seen.end = { reusable }
      },
    },
    bodiless,
  )
  try {
    for (const piece of pieces) parser.push(piece)
    parser.close()
  } catch (error) {
    seen.problem = error instanceof MessageProblem ? error.kind : String(error)
  }
  return seen
}

const whole = (text: string) => read([Buffer.from(text, 'latin1')])

const answers: [name: string, text: string, expected: Partial<Read>][] = [
  [
    'a length',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A:  b \r\n\r\nhello',
    { status: 200, body: 'hello', end: { reusable: true } },
  ],
  ['no body at all', 'HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n', { body: '', end: { reusable: true } }],
  ['a status that has none', 'HTTP/1.1 204 No Content\r\n\r\n', { status: 204, end: { reusable: true } }],
  [
    'chunks with extensions and trailers',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5;a=b\r\nhello\r\n0006\r\n world\r\n0\r\nX-T: 1\r\n\r\n',
    { body: 'hello world', end: { reusable: true } },
  ],
  [
    'the close of the connection',
    'HTTP/1.1 200 OK\r\n\r\nhello',
    { body: 'hello', end: { reusable: false } },
  ],
  [
    'informational answers first',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 1\r\n\r\nx',
    { status: 201, body: 'x', end: { reusable: true } },
  ],
  [
    'a wish to close',
    'HTTP/1.1 200 OK\r\nconnection: Close\r\ncontent-length: 1\r\n\r\nx',
    { body: 'x', end: { reusable: false } },
  ],
  [
    'an older version',
    'HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\nx',
    { body: 'x', end: { reusable: false } },
  ],
  [
    'a header that comes twice',
    'HTTP/1.1 200 OK\r\nset-cookie: a\r\nSet-Cookie: b\r\ncontent-length: 0\r\n\r\n',
    { headers: { 'set-cookie': ['a', 'b'], 'content-length': '0' } },
  ],
  [
    'a name of Object.prototype',
    'HTTP/1.1 200 OK\r\n__proto__: a\r\nconstructor: b\r\ncontent-length: 0\r\n\r\n',
    { status: 200, end: { reusable: true } },
  ],
]

describe('an answer', () => {
  it.each(answers)('with %s is read, in one piece and cut at every byte', (_name, text, expected) => {
    const bytes = Buffer.from(text, 'latin1')
    const read1 = whole(text)
    expect(read1.problem).toBeUndefined()
    expect(read1).toMatchObject(expected)
    for (let cut = 1; cut < bytes.length; cut++)
      expect(read([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(read1)
    expect(read([...bytes].map((byte) => Buffer.from([byte])))).toEqual(read1)
  })

  it('to HEAD has no body, whatever it says', () => {
    const text = 'HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n'
    expect(read([Buffer.from(text)], true)).toMatchObject({ body: '', end: { reusable: true } })
  })

  it('with bytes behind it leaves a connection that nobody may use again', () => {
    const text = 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx'
    expect(whole(`${text}HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\ny`)).toMatchObject({
      body: 'x',
      end: { reusable: false },
    })
    const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n'
    expect(whole(`${chunked}z`)).toMatchObject({ body: 'x', end: { reusable: false } })
  })

  const refused: [name: string, text: string, kind: string][] = [
    ['another protocol', '220 mail.example.com ESMTP\r\n', 'protocol'],
    [
      'both lengths',
      'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
      'protocol',
    ],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', 'protocol'],
    ['a list of lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1, 1\r\n\r\nx', 'protocol'],
    ['a negative length', 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n', 'protocol'],
    ['another coding', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n', 'protocol'],
    [
      'chunks of the older version',
      'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      'protocol',
    ],
    ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', 'protocol'],
    ['a line that is folded', 'HTTP/1.1 200 OK\r\nx-a: b\r\n c\r\ncontent-length: 0\r\n\r\n', 'protocol'],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\ncontent-length : 0\r\n\r\n', 'protocol'],
    ['a line feed alone', 'HTTP/1.1 200 OK\r\nx-a: b\ncontent-length: 0\r\n\r\n', 'protocol'],
    ['a carriage return alone', 'HTTP/1.1 200 OK\r\nx-a: b\rcontent-length: 0\r\n\r\n', 'protocol'],
    ['a zero byte', 'HTTP/1.1 200 OK\r\nx-a: b\0\r\ncontent-length: 0\r\n\r\n', 'protocol'],
    ['a chunk of no size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n', 'protocol'],
    ['a size with a sign', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n+1\r\nx\r\n', 'protocol'],
    [
      'a size of 2^60',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1000000000000000\r\nx\r\n',
      'protocol',
    ],
    [
      'a chunk that is too long',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nxy\r\n',
      'protocol',
    ],
    [
      'a size that ends in a line feed',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\nx\r\n',
      'protocol',
    ],
    ['a head without end', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(70_000)}`, 'too_large'],
    [
      'trailers without end',
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n${'x: y\r\n'.repeat(20_000)}`,
      'too_large',
    ],
    [
      'a length behind the body',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nContent-Length: 3\r\n\r\n',
      'protocol',
    ],
    [
      'a coding behind the body',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\ntransfer-encoding: chunked\r\n\r\n',
      'protocol',
    ],
    ['informational answers without end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(20), 'protocol'],
    ['less than its length', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell', 'early_end'],
    ['no last chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n', 'early_end'],
    ['half a head', 'HTTP/1.1 200 OK\r\ncontent-', 'early_end'],
  ]
  it.each(refused)('T54: with %s is refused', (_name, text, kind) => {
    const seen = whole(text)
    expect(seen.problem).toBe(kind)
    expect(seen.end).toBeUndefined()
  })
})
