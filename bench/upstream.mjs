// A model provider that answers at once, in a process of its own, over bare sockets with answers prepared beforehand: what
// it costs is taken from what is measured. The model's name says how: json, json-20 (after 20 ms), sse-50 (a burst of 50
// events), sse-500, sse-50-20 (20 ms between events). `upstream.mjs PORT [KEY CERTIFICATE]`: over TLS with the two.
import { readFileSync } from 'node:fs'
import net from 'node:net'
import tls from 'node:tls'

const completion = JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion',
  created: 1_790_000_000,
  model: 'bench',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'The quick brown fox jumps over the lazy dog. '.repeat(18) },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: {
    prompt_tokens: 250,
    completion_tokens: 180,
    total_tokens: 430,
    prompt_tokens_details: { cached_tokens: 0 },
  },
})
const base = { id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1_790_000_000, model: 'bench' }
const event = (delta, finish = null) =>
  `data: ${JSON.stringify({ ...base, system_fingerprint: 'fp_0123456789', choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], usage: null })}\n\n`
const usage = `data: ${JSON.stringify({ ...base, choices: [], usage: { prompt_tokens: 250, completion_tokens: 50, total_tokens: 300 } })}\n\n`
const chunk = (text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`

const plain = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: req_bench\r\nopenai-processing-ms: 1\r\ncontent-length: ${completion.length}\r\n\r\n${completion}`,
)
const streamHead = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'
const word = chunk(event({ content: ' token and some more of it' }))
const last = `${chunk(event({}, 'stop'))}${chunk(usage)}${chunk('data: [DONE]\n\n')}0\r\n\r\n`
const bursts = new Map()
/** Each event a write of its own, as a provider sends them; the system may join them. */
function burst(socket, count) {
  let pieces = bursts.get(count)
  if (!pieces) {
    pieces = [Buffer.from(streamHead), ...Array(count).fill(Buffer.from(word)), Buffer.from(last)]
    bursts.set(count, pieces)
  }
  for (const piece of pieces) socket.write(piece)
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
async function paced(socket, count, ms) {
  socket.write(streamHead)
  for (let index = 0; index < count; index++) {
    socket.write(word)
    await wait(ms)
    if (socket.destroyed) return
  }
  socket.write(last)
}

async function answer(socket, model) {
  const [kind, first, second] = model.split('-')
  if (kind === 'sse')
    return second ? paced(socket, Number(first), Number(second)) : burst(socket, Number(first))
  if (first) await wait(Number(first))
  socket.write(plain)
}

function serve(socket) {
  socket.setNoDelay(true)
  socket.on('error', () => {})
  let held = []
  let size = 0
  let needed = -1
  socket.on('data', (piece) => {
    held.push(piece)
    size += piece.length
    if (needed === -1) {
      const all = Buffer.concat(held)
      held = [all]
      const headEnd = all.indexOf('\r\n\r\n')
      if (headEnd === -1) return
      const length = /\r\ncontent-length: *(\d+)/i.exec(all.toString('latin1', 0, headEnd))
      needed = headEnd + 4 + Number(length?.[1] ?? 0)
    }
    if (size < needed) return
    const all = held.length === 1 ? held[0] : Buffer.concat(held)
    const ends = all.toString('latin1', 0, 1200) + all.toString('latin1', Math.max(0, all.length - 400))
    const model = /"model":\s*"(?:\w+\/)?([\w-]+)"/.exec(ends)?.[1] ?? 'json'
    held = []
    size = 0
    needed = -1
    void answer(socket, model)
  })
}

const [port, key, certificate] = process.argv.slice(2)
const server = key
  ? tls.createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, serve)
  : net.createServer(serve)
server.listen(Number(port), '127.0.0.1')
