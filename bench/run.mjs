// npm run bench: CPU time per request of Gatehouse, as a ratio to nginx (the limit of a proxy) and to Portkey (a peer),
// in rounds that are interleaved in one run. Absolute times mean little on a shared machine; ratios of one round do.
//   --rounds N (9)  --slice MS (1000)  --only json,sse,…   scenarios
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { cpus, release, tmpdir, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from '../tools/build.mjs'
import { startGatehouse, startNginx, startPortkey } from './subjects.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    slice: { type: 'string', default: '1000' },
    only: { type: 'string' },
  },
})
const rounds = Number(values.rounds)
const slice = Number(values.slice)

const text = (bytes) =>
  'Lorem ipsum "dolor" sit amet,\nconsetetur sadipscing elitr. '.repeat(Math.ceil(bytes / 60)).slice(0, bytes)
const chat = (model, bytes, more = {}) => ({
  messages: [{ role: 'user', content: text(bytes) }],
  model,
  ...more,
})

/** What is asked: the model tells the upstream how to answer. `per`: CPU is divided by requests. */
const scenarios = [
  { name: '1 KB, 0 ms upstream, 16 connections', key: 'json', body: chat('json', 900), connections: 16 },
  { name: '1 KB, 0 ms upstream, 1 connection', key: 'json-1', body: chat('json', 900), connections: 1 },
  {
    name: '1 KB, 20 ms upstream, 16 connections',
    key: 'json-20',
    body: chat('json-20', 900),
    connections: 16,
  },
  {
    name: '1 KB, 0 ms upstream, 256 connections',
    key: 'json-256',
    body: chat('json', 900),
    connections: 256,
  },
  { name: '100 KB body, 8 connections', key: '100k', body: chat('json', 100_000), connections: 8 },
  { name: '1 MB body, 4 connections', key: '1m', body: chat('json', 1_000_000), connections: 4 },
  {
    name: 'stream of 50 events in a burst, 16 connections',
    key: 'sse',
    body: chat('sse-50', 900, { stream: true }),
    connections: 16,
  },
  {
    name: 'stream of 500 events in a burst, 8 connections',
    key: 'sse-500',
    body: chat('sse-500', 900, { stream: true }),
    connections: 8,
  },
].filter(({ key }) => values.only === undefined || values.only.split(',').includes(key))

const stops = []
async function main() {
  await build({ quiet: true })
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))
  stops.push(() => rmSync(folder, { recursive: true, force: true }))
  const upstreamPort = await freePort()
  const upstream = start([join(here, 'upstream.mjs'), String(upstreamPort)])
  stops.push(() => upstream.kill())
  await listening(upstreamPort)

  const tools = { folder, freePort, listening, stops, upstreamUrl: `http://127.0.0.1:${upstreamPort}` }
  const subjects = []
  const absent = []
  for (const begin of [startNginx, startGatehouse, startPortkey]) {
    const subject = await begin(tools).catch((error) => ({
      absent: `${begin.name.replace('start', '')}: ${error.message}`,
    }))
    if (subject.absent) absent.push(subject.absent)
    else subjects.push({ name: 'direct', ...subject })
  }
  for (const subject of [...subjects]) {
    const problem = await checkAnswers(subject)
    if (problem) {
      absent.push(`${subject.name}: not served (${problem})`)
      subjects.splice(subjects.indexOf(subject), 1)
    }
  }

  const results = []
  for (const scenario of scenarios) {
    const samples = new Map(subjects.map(({ name }) => [name, []]))
    for (const subject of subjects) await run(subject, scenario, Math.min(slice * 2, 3000))
    for (let round = 0; round < rounds; round++) {
      for (const subject of shuffle(subjects))
        samples.get(subject.name).push(await run(subject, scenario, slice))
      process.stderr.write('.')
    }
    results.push({ scenario: scenario.name, key: scenario.key, subjects: summarise(samples) })
  }
  process.stderr.write('\n')
  const report = { machine: machine(), rounds, slice, absent, results }
  mkdirSync(join(here, 'results'), { recursive: true })
  writeFileSync(join(here, 'results', 'latest.json'), `${JSON.stringify(report, null, 2)}\n`)
  print(report)
}

/** One slice: the CPU time of the subject's processes, and what the client saw. */
async function run(subject, scenario, milliseconds) {
  const body = { ...scenario.body, model: subject.model(scenario.body.model) }
  const before = cpuMicroseconds(subject.pids())
  const seen = await load({
    url: subject.url,
    path: subject.path,
    headers: subject.headers,
    body,
    connections: scenario.connections,
    milliseconds,
  })
  const used = cpuMicroseconds(subject.pids()) - before
  return {
    cpu: used / Math.max(1, seen.done),
    perSecond: seen.done / seen.seconds,
    p50: seen.p50,
    p99: seen.p99,
    failed: seen.failed,
    rss: rss(subject.pids()),
  }
}

function summarise(samples) {
  const reference = samples.get('nginx')
  return Object.fromEntries(
    [...samples].map(([name, runs]) => [
      name,
      {
        cpu: median(runs.map(({ cpu }) => cpu)),
        ratio: reference ? median(runs.map(({ cpu }, index) => cpu / reference[index].cpu)) : null,
        perSecond: median(runs.map(({ perSecond }) => perSecond)),
        p50: median(runs.map(({ p50 }) => p50)),
        p99: median(runs.map(({ p99 }) => p99)),
        failed: runs.reduce((sum, { failed }) => sum + failed, 0),
        rss: Math.max(...runs.map((sample) => sample.rss)),
      },
    ]),
  )
}

/** A subject is timed only when its answers are right. */
async function checkAnswers(subject) {
  const ask = async (model, more) => {
    const response = await fetch(subject.url + subject.path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...subject.headers },
      body: JSON.stringify(chat(subject.model(model), 100, more)),
    })
    return { status: response.status, text: await response.text() }
  }
  const plain = await ask('json')
  if (plain.status !== 200 || !plain.text.includes('"total_tokens":430'))
    return `plain: ${plain.status} ${plain.text.slice(0, 200)}`
  const stream = await ask('sse-50', { stream: true })
  const events = stream.text.match(/and some more of it/g)?.length
  if (events !== 50 || !stream.text.endsWith('data: [DONE]\n\n'))
    return `stream: ${stream.status}, ${events} events, ${stream.text.slice(-80)}`
  if (subject.refuses) {
    const response = await fetch(subject.url + subject.path, {
      method: 'POST',
      headers: { authorization: 'Bearer wrong' },
      body: '{}',
    })
    if (response.status !== 401) return `a wrong token: ${response.status}`
  }
  return null
}

function load(settings) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(here, 'load.mjs'), JSON.stringify(settings)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.on('exit', () => {
      try {
        resolve(JSON.parse(output))
      } catch (error) {
        reject(error)
      }
    })
  })
}

function print({ machine, rounds: count, slice: length, absent, results }) {
  console.log(
    `${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}, Node ${machine.node}; ${count} rounds of ${length} ms, interleaved; medians.\n`,
  )
  for (const line of absent) console.log(`not measured: ${line}`)
  console.log(
    '| scenario | subject | CPU µs/request | × nginx | Portkey ÷ it | requests/s | p50 ms | p99 ms | RSS MB | failed |',
  )
  console.log('|---|---|--:|--:|--:|--:|--:|--:|--:|--:|')
  for (const { scenario, subjects } of results) {
    for (const [name, s] of Object.entries(subjects)) {
      const peer = subjects.portkey
      console.log(
        `| ${scenario} | ${name} | ${s.cpu.toFixed(0)} | ${s.ratio?.toFixed(2) ?? '–'} | ${peer && name !== 'portkey' ? (peer.cpu / s.cpu).toFixed(1) : '–'} | ${s.perSecond.toFixed(0)} | ${s.p50?.toFixed(2)} | ${s.p99?.toFixed(1)} | ${s.rss.toFixed(0)} | ${s.failed} |`,
      )
    }
  }
}

function machine() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    at: new Date().toISOString(),
  }
}

/** User and system time of processes, all of their threads. */
function cpuMicroseconds(pids) {
  const ticks = pids.reduce((sum, pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return sum + Number(fields[11]) + Number(fields[12])
  }, 0)
  return ticks * 10_000
}

function rss(pids) {
  return pids.reduce(
    (sum, pid) =>
      sum + Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024,
    0,
  )
}

function start(args, options = {}) {
  return spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options })
}

async function freePort() {
  const server = createServer()
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address()
  await new Promise((done) => server.close(done))
  return port
}

async function listening(port, path = '/', within = 30_000) {
  const end = Date.now() + within
  for (;;) {
    if (
      await fetch(`http://127.0.0.1:${port}${path}`, { method: 'GET' }).then(
        () => true,
        () => false,
      )
    )
      return
    if (Date.now() > end) throw new Error(`nothing listens on ${port}`)
    await new Promise((done) => setTimeout(done, 50))
  }
}

function median(numbers) {
  const sorted = numbers.filter((number) => number !== null).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

function shuffle(list) {
  return list
    .map((item) => [Math.random(), item])
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item)
}

try {
  if (!existsSync('/proc/self/stat')) throw new Error('the benchmark reads CPU times from /proc: Linux only')
  await main()
} finally {
  for (const stop of stops.reverse()) await stop()
}
process.exit(0)
