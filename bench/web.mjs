// npm run bench:web: the web app in a real Chromium, over a house with content: largest paint and layout shift of every
// page, and the frames of a playground in which four answers of 5,000 tokens come in at 100 a second while somebody types.
//   --rounds N (3)  --tokens N (5000)
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { seedHouse } from '../apps/gateway/test/web/seed-house.ts'
import { chromiumPath } from '../libs/testing/src/chromium.ts'
import { existingPostgres, startPostgres } from '../libs/testing/src/postgres.ts'
import { build } from '../tools/build.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, tokens: { type: 'string', default: '5000' } },
})
const [rounds, tokens] = [values.rounds, values.tokens].map(Number)
const executablePath = chromiumPath()
if (executablePath === undefined) throw new Error('no Chromium is installed; set CHROMIUM_PATH')

await build({ quiet: true })
const address = process.env.TEST_POSTGRES_URL?.trim()
const server = address ? existingPostgres(address) : await startPostgres()
const name = `gatehouse_bench_web_${process.pid}`
await server.createDatabase({ name })
const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))
const provider = await startProvider()
const port = await freePort()
const origin = `http://localhost:${port}`
const gateway = spawn(process.execPath, ['dist/apps/gateway/src/main.js'], {
  cwd: root,
  env: {
    PATH: process.env.PATH,
    PORT: String(port),
    PUBLIC_URL: origin,
    DATA_DIR: dataDir,
    DATABASE_URL: server.url(name),
    OPENAI_API_KEY: 'sk-bench',
    OPENAI_BASE_URL: `http://127.0.0.1:${provider.address().port}/v1`,
    // With it the start prints a token.
    DEMO_PROVIDER: 'true',
    LOG_LEVEL: 'warn',
  },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const ended = new Promise((resolve) => gateway.once('exit', resolve))
let printed = ''
gateway.stdout.on('data', (chunk) => {
  printed += chunk
})
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
try {
  for (let waited = 0; !/Bearer \S+'/.test(printed); waited += 100) {
    if (waited > 60_000) throw new Error(`the gateway printed no token:\n${printed}`)
    await pause(100)
  }
  const token = /Bearer ([^']+)/.exec(printed)?.[1]
  const profile = await fetch(`${origin}/auth/profile`, { headers: { authorization: `Bearer ${token}` } })
  await seedHouse({ databaseUrl: server.url(name), viewerId: (await profile.json()).user_id })
  await pages()
  await frames()
} finally {
  await browser.close()
  gateway.kill('SIGTERM')
  await ended
  provider.close()
  provider.closeAllConnections()
  await server.dropDatabase(name)
  if (!address) await server.remove()
  rmSync(dataDir, { recursive: true, force: true })
}
process.exit()

/** Someone who is signed in, in a browser that has kept nothing. */
async function visitor() {
  const context = await browser.newContext({ baseURL: origin, viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  await page.goto('/auth/local/start?next=/start')
  await page.getByRole('button', { name: 'Sign in as admin@localhost' }).click()
  await page.waitForURL('**/start')
  return page
}

async function pages() {
  const { webPages } = await import('../dist/libs/contracts/src/index.js')
  const paths = webPages.filter((path) => !path.includes(':') && path !== '/' && !path.startsWith('/sign'))
  console.log(`largest paint and layout shift, nothing in the browser's cache, median of ${rounds}\n`)
  console.log('| page | largest paint ms | layout shift |\n|---|--:|--:|')
  for (const path of paths) {
    const seen = []
    for (let round = 0; round < rounds; round++) {
      const signedIn = await visitor()
      const page = await signedIn.context().newPage()
      const devtools = await page.context().newCDPSession(page)
      await devtools.send('Network.setCacheDisabled', { cacheDisabled: true })
      await page.goto(path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.waitForLoadState('networkidle')
      seen.push(
        await page.evaluate(`new Promise((resolve) => {
          let paint = 0
          let shift = 0
          new PerformanceObserver((list) => { for (const entry of list.getEntries()) paint = entry.startTime })
            .observe({ type: 'largest-contentful-paint', buffered: true })
          new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) shift += entry.value })
            .observe({ type: 'layout-shift', buffered: true })
          setTimeout(() => resolve({ paint, shift }), 200)
        })`),
      )
      await page.context().close()
    }
    const middle = (key) => seen.map((one) => one[key]).toSorted((a, b) => a - b)[Math.floor(rounds / 2)]
    console.log(`| ${path} | ${Math.round(middle('paint'))} | ${middle('shift').toFixed(4)} |`)
  }
}

async function frames() {
  const page = await visitor()
  await page.goto('/playground?model=openai/paced')
  await page.getByRole('heading', { level: 1 }).waitFor()
  for (let column = 2; column <= 4; column++) await page.getByRole('button', { name: 'Add column' }).click()
  await page.evaluate(`(() => {
    window.gaps = []
    window.tasks = []
    new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) tasks.push(duration) }).observe({ type: 'longtask' })
    let last = performance.now()
    const tick = (now) => { gaps.push(now - last); last = now; requestAnimationFrame(tick) }
    requestAnimationFrame(tick)
  })()`)
  const prompt = page.getByRole('textbox', { name: 'Prompt', exact: true })
  await prompt.fill('Go')
  await page.evaluate('gaps.length = 0; tasks.length = 0')
  await page.keyboard.press('Control+Enter')
  const until = Date.now() + tokens * 10 + 1000
  while (Date.now() < until) await prompt.pressSequentially('while it answers ', { delay: 90 })
  const { gaps, tasks } = await page.evaluate('({ gaps, tasks })')
  const sorted = gaps.toSorted((a, b) => a - b)
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(1)
  console.log(
    `\nfour answers of ${tokens} tokens at 100 a second, while somebody types: ${gaps.length} frames, p50 ${at(0.5)} ms, ` +
      `p95 ${at(0.95)}, p99 ${at(0.99)}, longest ${at(1)}; over 100 ms: ${gaps.filter((gap) => gap > 100).length}; ` +
      `longest task ${Math.max(0, ...tasks).toFixed(0)} ms`,
  )
}

/** A provider that streams words, now and then with code and lists among them. */
async function startProvider() {
  const words = Array.from({ length: tokens }, (_, index) =>
    index % 300 === 150
      ? '\n\n```js\nconst answer = 42\n```\n\n'
      : index % 60 === 59
        ? '\n\n'
        : index % 97 === 0
          ? '**bold** '
          : `word${index} `,
  )
  const paced = createServer((request, response) => {
    if (request.url?.endsWith('/models')) {
      response.setHeader('content-type', 'application/json')
      return response.end('{"object":"list","data":[{"id":"paced","object":"model"}]}')
    }
    request.resume()
    response.setHeader('content-type', 'text/event-stream')
    const chunk = (delta, finish = null) =>
      response.write(
        `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', model: 'paced', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`,
      )
    let next = 0
    const timer = setInterval(() => {
      if (next < words.length) return void chunk({ content: words[next++] })
      clearInterval(timer)
      chunk({}, 'stop')
      response.end('data: [DONE]\n\n')
    }, 10)
    response.on('close', () => clearInterval(timer))
  })
  await new Promise((resolve) => paced.listen(0, '127.0.0.1', resolve))
  return paced
}

async function freePort() {
  const probe = createServer()
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return port
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
