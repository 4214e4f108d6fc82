// Asks for as long as it is told, over a number of connections, in a process of its own. Prints what it saw as JSON.
// It speaks HTTP/1.1 over bare sockets with one request prepared for all: on a machine of two cores a client that costs
// as much as what is measured would starve it. What to ask comes as JSON on standard input.
import { readFileSync } from 'node:fs'
import net from 'node:net'

const {
  url,
  urls = [url],
  path,
  headers,
  body,
  connections,
  milliseconds,
  rampMs = 0,
} = JSON.parse(readFileSync(0, 'utf8'))
const targets = urls.map((each) => new URL(each))
const { host } = targets[0]
const payload = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
const lines = Object.entries({ 'content-type': 'application/json', ...headers }).map(
  ([name, value]) => `${name}: ${value}\r\n`,
)
const head = `POST ${path} HTTP/1.1\r\nhost: ${host}\r\n${lines.join('')}content-length: ${payload.length}\r\n\r\n`
const request = Buffer.concat([Buffer.from(head), payload])

const latencies = []
let done = 0
let failed = 0
let bytes = 0
const began = performance.now()
const end = began + milliseconds

/** One connection, asking again as soon as it has its answer. */
function connect(resolve, index) {
  const { hostname, port } = targets[index % targets.length]
  const socket = net.connect({ host: hostname, port: Number(port) })
  socket.setNoDelay(true)
  let held = Buffer.alloc(0)
  let sentAt = 0
  let over = false
  let asked = 0
  const finish = () => {
    if (over) return
    over = true
    socket.destroy()
    resolve()
  }
  const ask = () => {
    if (asked > 0 && performance.now() >= end) return finish()
    asked++
    sentAt = performance.now()
    socket.write(request)
  }
  socket.on('connect', ask)
  socket.on('error', () => {
    failed++
    finish()
  })
  socket.on('close', () => {
    if (!over) failed++
    finish()
  })
  socket.on('data', (chunk) => {
    bytes += chunk.length
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    const length = lengthOf(held)
    if (length === -1 || held.length < length) return
    if (held.length > length) throw new Error('more than one answer came')
    if (held.toString('latin1', 9, 12) === '200') {
      done++
      latencies.push(performance.now() - sentAt)
    } else failed++
    held = Buffer.alloc(0)
    ask()
  })
}

/** Bytes of a whole answer; -1 where its end is not known yet. */
function lengthOf(answer) {
  const headEnd = answer.indexOf('\r\n\r\n')
  if (headEnd === -1) return -1
  const head = answer.toString('latin1', 0, headEnd).toLowerCase()
  const length = /\r\ncontent-length: *(\d+)/.exec(head)
  if (length) return headEnd + 4 + Number(length[1])
  // The end of the chunks is the end of what came: one request is on the way at a time.
  return answer.length >= headEnd + 9 && answer.toString('latin1', answer.length - 5) === '0\r\n\r\n'
    ? answer.length
    : -1
}

// All at once, or spread over a while: thousands of connections in one moment are a test of something else.
await Promise.all(
  [...Array(connections).keys()].map(
    (index) => new Promise((resolve) => setTimeout(connect, (index * rampMs) / connections, resolve, index)),
  ),
)
const seconds = (performance.now() - began) / 1000
latencies.sort((a, b) => a - b)
const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? null
console.log(JSON.stringify({ done, failed, bytes, seconds, p50: at(0.5), p99: at(0.99) }))
process.exit(0)
