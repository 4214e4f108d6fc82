// npm run bench: CPU time per request of Gatehouse, as a ratio to nginx (the limit of a proxy) and to Portkey (a peer),
// in rounds that are interleaved in one run. Absolute times mean little on a shared machine; ratios of one round do.
//   --rounds N (9)  --slice MS (1000)  --only json,sse,…   scenarios
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { cpus, release, tmpdir, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from '../tools/build.mjs'
import { startGatehouse, startNginx, startPortkey, startSidecar } from './subjects.mjs'

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

/** What is asked: the model tells the upstream how to answer. */
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
  {
    name: '1 KB over TLS to the upstream, 16 connections',
    key: 'tls',
    body: chat('json', 900),
    connections: 16,
    tls: true,
  },
  {
    name: '1 KB, two processes of the gateway, 32 connections',
    key: 'two',
    body: chat('json', 900),
    connections: 32,
    processes: 2,
  },
  {
    name: 'the sidecar, 1 KB, 16 connections',
    key: 'sidecar',
    body: chat('json', 900),
    connections: 16,
    sidecar: true,
  },
  {
    name: 'the sidecar, stream of 50 events, 1 connection',
    key: 'sidecar',
    body: chat('sse-50', 900, { stream: true }),
    connections: 1,
    sidecar: true,
  },
].filter(({ key }) => values.only === undefined || values.only.split(',').includes(key))
const liveStreams = [1000, 5000].filter(
  () => values.only === undefined || values.only.split(',').includes('live'),
)

const stops = []
async function main() {
  await build({ quiet: true })
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))
  // The database runs as another user.
  chmodSync(folder, 0o755)
  stops.push(() => rmSync(folder, { recursive: true, force: true }))
  const absent = []
  const upstreamPort = await startUpstream()
  const tools = { folder, freePort, listening, stops, upstreamUrl: `http://127.0.0.1:${upstreamPort}` }
  const subjects = []
  const others = scenarios.some(({ sidecar }) => !sidecar) || liveStreams.length > 0
  for (const begin of others ? [startNginx, startGatehouse, startPortkey] : [startNginx]) {
    const subject = await begin(tools).catch((error) => ({
      absent: `${begin.name.replace('start', '')}: ${error.message}`,
    }))
    if (subject.absent) absent.push(subject.absent)
    else subjects.push(subject)
  }
  const groups = new Map([['plain', await served(subjects, absent)]])
  if (scenarios.some(({ tls }) => tls)) groups.set('tls', await served(await overTls(tools, absent), absent))
  if (scenarios.some(({ processes }) => processes))
    groups.set('two', await served(await twoProcesses(subjects, absent), absent))
  let footprint
  if (scenarios.some(({ sidecar }) => sidecar)) {
    const certificate = makeCertificate(folder)
    const sidecar = await startSidecar({ ...tools, certificate })
    // What it weighs before anybody asked it for anything.
    await new Promise((done) => setTimeout(done, 3000))
    footprint = { startMs: sidecar.startMs, idle: memoryOf(sidecar.pids()[0]), pid: sidecar.pids()[0] }
    const nginx = subjects.filter(({ name }) => name === 'nginx')
    groups.set('sidecar', await served([...nginx, sidecar], absent))
  }

  const results = []
  for (const scenario of scenarios) {
    const group = groups.get(
      scenario.tls ? 'tls' : scenario.processes ? 'two' : scenario.sidecar ? 'sidecar' : 'plain',
    )
    const samples = new Map(group.map(({ name }) => [name, []]))
    for (const subject of group) await warm(subject, scenario)
    for (let round = 0; round < rounds; round++) {
      for (const subject of shuffle(group))
        samples.get(subject.name).push(await run(subject, scenario, slice))
      process.stderr.write('.')
    }
    results.push({ scenario: scenario.name, key: scenario.key, subjects: summarise(samples) })
  }
  const memory = []
  for (const count of liveStreams)
    for (const subject of groups.get('plain')) memory.push(await holdStreams(subject, count))
  process.stderr.write('\n')
  const sidecar = footprint && {
    startMs: footprint.startMs,
    idle: footprint.idle,
    loaded: memoryOf(footprint.pid),
  }
  const report = {
    machine: machine(),
    rounds,
    slice,
    absent,
    results,
    memory,
    ...(sidecar ? { sidecar } : {}),
  }
  mkdirSync(join(here, 'results'), { recursive: true })
  writeFileSync(join(here, 'results', 'latest.json'), `${JSON.stringify(report, null, 2)}\n`)
  print(report)
}

async function startUpstream(...files) {
  const port = await freePort()
  const child = start([join(here, 'upstream.mjs'), String(port), ...files])
  stops.push(() => child.kill())
  await accepting(port)
  return port
}

/** Only a subject whose answers are right is timed. */
async function served(subjects, absent) {
  const right = []
  for (const subject of subjects) {
    const problem = await checkAnswers(subject)
    if (problem) absent.push(`${subject.name}: not served (${problem})`)
    else right.push(subject)
  }
  return right
}

/** nginx and Gatehouse before an upstream that speaks TLS, whose certificate both check. */
async function overTls(tools, absent) {
  const certificate = makeCertificate(tools.folder)
  const port = await startUpstream(certificate.key, certificate.cert)
  const secured = {
    ...tools,
    upstreamUrl: `https://localhost:${port}`,
    authority: certificate.cert,
    name: 'tls',
  }
  const subjects = []
  for (const begin of [startNginx, startGatehouse]) {
    const subject = await begin(secured).catch((error) => ({
      absent: `${begin.name} over TLS: ${error.message}`,
    }))
    if (subject.absent) absent.push(subject.absent)
    else subjects.push(subject)
  }
  return subjects
}

/** One process of Gatehouse as it is, and two that share a database; the client asks both. */
async function twoProcesses(subjects, absent) {
  const one = subjects.find(({ name }) => name === 'gatehouse')
  const nginx = subjects.find(({ name }) => name === 'nginx')
  const second = await one?.another().catch((error) => {
    absent.push(`a second process: ${error.message}`)
    return undefined
  })
  if (!one || !nginx || !second) return []
  const pair = {
    ...one,
    name: 'gatehouse, two processes',
    urls: [one.url, second.url],
    pids: () => [...one.pids(), ...second.pids()],
  }
  return [nginx, one, pair]
}

/** Until two slices differ by less than a tenth, for a while at most: what is compiled on the way is not to be measured. */
async function warm(subject, scenario) {
  let last = Number.POSITIVE_INFINITY
  for (let turn = 0; turn < 12; turn++) {
    const { cpu } = await run(subject, scenario, 1500)
    if (turn >= 3 && Math.abs(cpu - last) < last * 0.1) return
    last = cpu
  }
}

/** Memory while many streams are open at once, each with an event a second. */
async function holdStreams(subject, count) {
  const before = rss(subject.pids())
  let most = before
  const watch = setInterval(() => {
    most = Math.max(most, rss(subject.pids()))
  }, 200)
  const events = 8
  const seen = await load({
    url: subject.url,
    path: subject.path,
    headers: subject.headers,
    body: chat(subject.model(`sse-${events}-1000`), 900, { stream: true }),
    connections: count,
    milliseconds: 1,
    rampMs: 4000,
  })
  clearInterval(watch)
  return { streams: count, name: subject.name, idle: before, most, done: seen.done, failed: seen.failed }
}

/** One slice: the CPU time of the subject's processes, and what the client saw. */
async function run(subject, scenario, milliseconds) {
  const body = { ...scenario.body, model: subject.model(scenario.body.model) }
  const before = cpuMicroseconds(subject.pids())
  const seen = await load({
    url: subject.url,
    urls: subject.urls,
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
    const child = spawn(process.execPath, [join(here, 'load.mjs')], { stdio: ['pipe', 'pipe', 'inherit'] })
    // Not as an argument: a body of 1 MB is longer than one may be.
    child.stdin.end(JSON.stringify(settings))
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

function print({ machine, rounds: count, slice: length, absent, results, memory, sidecar }) {
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
  if (sidecar) {
    const { startMs, idle, loaded } = sidecar
    console.log(
      `\nThe sidecar listens after ${startMs.toFixed(0)} ms; idle ${idle.rss.toFixed(1)} MB, of which private ${idle.own.toFixed(1)}; after the load ${loaded.rss.toFixed(1)}, private ${loaded.own.toFixed(1)}.`,
    )
  }
  if (memory.length === 0) return
  console.log('\n| live streams | subject | RSS before MB | RSS at most MB | ended well | failed |')
  console.log('|--:|---|--:|--:|--:|--:|')
  for (const { streams, name, idle, most, done, failed } of memory)
    console.log(`| ${streams} | ${name} | ${idle.toFixed(0)} | ${most.toFixed(0)} | ${done} | ${failed} |`)
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

/** Resident memory of a process in MB, and what of it is its own. */
function memoryOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const read = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024
  return { rss: read('VmRSS'), own: read('RssAnon') }
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

/** For what speaks no HTTP to whoever asks. */
async function accepting(port, within = 10_000) {
  const end = Date.now() + within
  for (;;) {
    const open = await new Promise((done) => {
      const socket = connect(port, '127.0.0.1', () => done(true))
      socket.on('error', () => done(false))
      setTimeout(() => socket.destroy(), 50)
    })
    if (open) return
    if (Date.now() > end) throw new Error(`nothing listens on ${port}`)
  }
}

/** A certificate for localhost that signs itself. */
function makeCertificate(folder) {
  const key = join(folder, 'key.pem')
  const cert = join(folder, 'cert.pem')
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost',
      '-keyout',
      key,
      '-out',
      cert,
    ],
    { stdio: 'ignore' },
  )
  return { key, cert }
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
