// Asks for as long as it is told, over a number of connections, in a process of its own. Prints what it saw as JSON.
import { Pool } from 'undici'

const { url, path, headers, body, connections, milliseconds, count } = JSON.parse(process.argv[2])
const pool = new Pool(url, { connections, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 })
const payload = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
const latencies = []
let done = 0
let failed = 0
let bytes = 0
const end = performance.now() + milliseconds

function one() {
  return new Promise((resolve) => {
    const began = performance.now()
    let status = 0
    pool.dispatch(
      { path, method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: payload },
      {
        onRequestStart() {},
        onResponseStart(_controller, code) {
          status = code
        },
        onResponseData(_controller, chunk) {
          bytes += chunk.length
        },
        onResponseEnd() {
          latencies.push(performance.now() - began)
          if (status === 200) done++
          else failed++
          resolve()
        },
        onResponseError() {
          failed++
          resolve()
        },
      },
    )
  })
}

async function worker() {
  while (performance.now() < end && (count === undefined || done + failed < count)) await one()
}

const began = performance.now()
await Promise.all([...Array(connections)].map(worker))
const seconds = (performance.now() - began) / 1000
latencies.sort((a, b) => a - b)
const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? null
console.log(JSON.stringify({ done, failed, bytes, seconds, p50: at(0.5), p99: at(0.99) }))
process.exit(0)
