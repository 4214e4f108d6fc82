import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { freePort, type StandIn, startOpenAi } from '@gatehouse/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { events, type OuterGateway, type People, spawnGateway, startPeople, until } from './harness.js'

const secret = 'x8Qn2vLr7TzKp4Yw9JdHs6FgBc3MaEu1RiOo'

describe('the command line', () => {
  /** From the build, as it is started everywhere. */
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [resolve('dist/apps/gateway/src/main.js'), ...args], {
      // A start would end at once, and say so.
      env: { PATH: process.env.PATH, PORT: 'none' },
      encoding: 'utf8',
      timeout: 60_000,
    })

  it('answers --help and --version, and starts nothing', () => {
    const help = run('--help')
    expect([help.status, help.stderr]).toEqual([0, ''])
    expect(help.stdout).toMatch(/Usage: .*\n[\s\S]*\.env\.example/)
    const version = run('--version')
    const { version: ours } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    expect([version.status, version.stdout]).toEqual([0, `${ours}\n`])
  })

  it('T57: refuses everything else in a sentence that repeats nothing of it', () => {
    for (const args of [['--openai-key=canary'], ['canary'], ['--help', 'canary'], ['--version', '--help']]) {
      const { status, stdout, stderr } = run(...args)
      expect([status, stdout]).toEqual([2, ''])
      expect(stderr).toMatch(/^Gatehouse takes no arguments .*\n$/)
      expect(stderr).not.toContain('canary')
    }
    expect(run().stderr).toContain('PORT')
  })
})

describe('a configuration that cannot work', () => {
  const wrong: [name: string, value: string, says: RegExp, environment?: Record<string, string>][] = [
    ['JWT_SECRET', 'x', /at least 32/],
    ['JWT_SECRET', 'secret', /at least 32/],
    ['JWT_SECRET', 'a-secret-of-31-bytes-1234567890', /at least 32/],
    ['JWT_SECRET', 'replace-with-a-secure-random-string', /example/],
    ['JWT_ALG', 'none', /HS256/],
    ['JWT_ALG', 'RS256', /HS256/],
    ['PORT', 'http', /whole number/],
    ['PORT', '70000', /65535/],
    ['PUBLIC_URL', 'localhost', /address/],
    ['DATABASE_URL', 'mysql://user:hunter2@host/db', /Postgres/],
    ['MICROSOFT_TENANT_ID', 'not a tenant', /tenant/i, { MICROSOFT_CLIENT_ID: 'x' }],
    ['OPENAI_BASE_URL', 'ftp://x', /http/],
    ['CORS_ORIGINS', 'https://a.example/path', /origin/],
    ['LOG_LEVEL', 'loud', /info/],
    ['LOG_DIR', '/dev/null/x', /cannot be written to/],
    ['DATA_DIR', '/dev/null', /cannot be written to/],
    ['TRUST_PROXY', '10.0.0.0/99', /CIDR/],
    ['METRICS_TOKEN', 'with spaces and $igns', /letters/],
    ['HOST', '203.0.113.7', /no address of this machine/],
    ['DEMO_PROVIDER', 'maybe', /true or false/],
    ['ADMIN_EMAILS', 'notanemail', /e-mail addresses/],
    ['PUBLIC_URL', 'http://gatehouse.example.com', /https/, { NODE_ENV: 'production', JWT_SECRET: secret }],
  ]

  it.each(wrong)(
    'T17: %s=%s stops the start with one line that names it',
    async (name, value, says, environment) => {
      const began = Date.now()
      const gateway = await spawnGateway({ ...environment, [name]: value }, 'exit')
      expect(await gateway.exited).toBe(1)
      expect(Date.now() - began).toBeLessThan(20_000)
      const output = gateway.output().trim()
      expect(output.split('\n')).toHaveLength(1)
      expect(output).toContain(`${name}: `)
      expect(output).toMatch(says)
      expect(output).not.toContain('hunter2')
      if (name === 'JWT_SECRET') expect(output).not.toContain(value.length > 6 ? value : '\u0000')
    },
  )

  it('T17: production asks for a secret of its own', async () => {
    const gateway = await spawnGateway({ NODE_ENV: 'production' }, 'exit')
    expect(await gateway.exited).toBe(1)
    expect(gateway.output()).toContain('JWT_SECRET: is required in production')
  })
})

// Each starts processes with a database of their own, on whatever machine this is.
describe('a gateway process', { timeout: 120_000 }, () => {
  let people: People
  let openai: StandIn
  let dataDir: string

  beforeAll(async () => {
    people = await startPeople()
    openai = await startOpenAi()
    dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-'))
  })
  afterAll(async () => {
    await Promise.all([people.close(), openai.close()])
    rmSync(dataDir, { recursive: true, force: true })
  })

  const start = async (port: number, more: Record<string, string> = {}) =>
    spawnGateway({
      ...people.environment,
      DATA_DIR: dataDir,
      PORT: String(port),
      PUBLIC_URL: `http://localhost:${port}`,
      OPENAI_API_KEY: 'sk-up-0123456789abcdefghijklmnop',
      OPENAI_BASE_URL: `${openai.url}/v1`,
      ...more,
    })
  const call = (gateway: OuterGateway, token: string, body: Record<string, unknown> = {}) =>
    gateway.ask<{ history_id: string }>('/api/v1/llm/call', {
      token,
      body: { provider: 'openai', model: 'gpt-4o-mini', prompt: 'x', ...body },
    })

  it('prints a banner whose curl line works as printed', async () => {
    const port = await freePort()
    const gateway = await start(port, { OPENAI_API_KEY: '', OPENAI_BASE_URL: '' })
    await until(() => gateway.output().includes('curl -s'))
    const output = gateway.output()
    expect(output).toContain(`at http://localhost:${port}`)
    expect(output).toMatch(/ openai, \w+, \w+ and \d+ more are off: see \.env\.example\n/)
    expect(output).toContain('Demo (demo)')
    const line = output.split('\n').find((text) => text.startsWith('curl -s')) ?? ''
    const [, url = '', token = '', body = ''] =
      /^curl -s (\S+) -H 'authorization: Bearer (\S+)' -H 'content-type: application\/json' -d '(.*)'$/.exec(
        line,
      ) ?? []
    const answer = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body,
    })
    expect(answer.status).toBe(200)
    await gateway.close()
  })

  it('takes who leaves in the middle of a body for no failure of its own', async () => {
    const port = await freePort()
    const gateway = await start(port)
    const { token } = await people.register(gateway, 'kim@example.com')
    for (const path of ['/v1/chat/completions', '/api/v1/llm/call']) {
      const socket = connect(port, '127.0.0.1')
      const head = `POST ${path} HTTP/1.1\r\nhost: localhost:${port}\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n`
      await new Promise<void>((written) => socket.write(`${head}{"model":"a`, () => written()))
      await new Promise((done) => setTimeout(done, 300))
      socket.destroy()
      await new Promise((done) => setTimeout(done, 500))
    }
    expect(gateway.output()).not.toContain('"level":"error"')
    expect((await gateway.ask('/ready')).status).toBe(200)
    await gateway.close()
  })

  /** Calls that the provider has seen; a gateway that starts asks it for its models too. */
  const calls = () => openai.requests.filter(({ method }) => method === 'POST').length

  it('a restart and a kill -9 lose no account, no session and no finished call', async () => {
    const port = await freePort()
    let gateway = await start(port)
    const ada = await people.register(gateway, 'ada@example.com')
    const made: string[] = []
    for (let round = 0; round < 3; round++) {
      for (let index = 0; index < 5; index++) made.push((await call(gateway, ada.token)).json.history_id)
      if (round === 1) gateway.kill('SIGTERM')
      else gateway.kill('SIGKILL')
      await gateway.exited
      gateway = await start(port)
    }
    await until(async () => {
      const { json } = await gateway.ask<{ data: { id: string; status: string }[] }>(
        '/api/v1/history?limit=100&order=asc',
        { token: ada.token },
      )
      return (
        JSON.stringify(json.data.map(({ id }) => id)) === JSON.stringify(made) &&
        json.data.every(({ status }) => status === 'success')
      )
    })
    await gateway.close()
  })

  it('F32: killed at any moment, every call that reached the provider is in the history once', async () => {
    const port = await freePort()
    let gateway = await start(port)
    const eve = await people.register(gateway, 'eve@example.com')
    const before = calls()
    for (let round = 0; round < 4; round++) {
      const asked = [...Array(12).keys()].map((index) =>
        call(gateway, eve.token, {
          model: index % 3 ? 'gpt-4o-mini' : 'slow',
          stream: index % 2 === 0,
        }).catch(() => null),
      )
      await new Promise((resolve) => setTimeout(resolve, 30 + Math.random() * 250))
      gateway.kill('SIGKILL')
      await Promise.all(asked)
      await gateway.exited
      // A line that the crash tore in two.
      const spool = join(dataDir, 'spool')
      const [file] = readdirSync(spool).filter((name) => name.startsWith('calls.'))
      if (file) appendFileSync(join(spool, file), 'deadbeef {"call":{"id":"0')
      gateway = await start(port)
    }
    const served = calls() - before
    const rows = async () => {
      const { json } = await gateway.ask<{
        data: { id: string; status: string; error: { code: string } | null }[]
      }>('/api/v1/history?limit=100', { token: eve.token })
      return json.data
    }
    await until(async () => (await rows()).length >= served)
    const all = await rows()
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
    for (const row of all) {
      if (row.status === 'error') expect(row.error?.code).toBe('interrupted')
    }
    await gateway.close()
  })

  it('F32: a call that runs while the spool begins a new file is in the history after a kill -9', async () => {
    const port = await freePort()
    const gateway = await start(port)
    const fay = await people.register(gateway, 'fay@example.com')
    const before = calls()
    const hanging = call(gateway, fay.token, { model: 'hang' }).catch(() => null)
    await until(() => calls() > before)
    const spool = join(dataDir, 'spool')
    const files = () => readdirSync(spool).filter((name) => name.startsWith('calls.'))
    const [first] = files()
    expect((await call(gateway, fay.token, { prompt: 'x'.repeat(9 << 20) })).status).toBe(200)
    await until(() => files().every((name) => name !== first))
    gateway.kill('SIGKILL')
    await Promise.all([hanging, gateway.exited])
    const again = await start(port)
    const rows = async () =>
      (
        await again.ask<{ data: { model: string; error: { code: string } | null }[] }>('/api/v1/history', {
          token: fay.token,
        })
      ).json.data
    await until(async () => (await rows()).some(({ model }) => model === 'hang'))
    expect((await rows()).map(({ model, error }) => [model, error?.code])).toEqual([
      ['gpt-4o-mini', undefined],
      ['hang', 'interrupted'],
    ])
    await again.close()
  })

  it('F30: SIGTERM lets live streams end, answers /ready with 503 meanwhile, and exits 0', async () => {
    const port = await freePort()
    const gateway = await start(port, { SHUTDOWN_GRACE_SECONDS: '1' })
    const gil = await people.register(gateway, 'gil@example.com')
    const before = calls()
    const streams = [...Array(20).keys()].map(() => call(gateway, gil.token, { model: 'slow', stream: true }))
    await until(() => calls() >= before + 20)
    await new Promise((resolve) => setTimeout(resolve, 300))
    gateway.kill('SIGTERM')
    await until(async () => (await gateway.ask('/ready')).status === 503, 900)
    expect((await gateway.ask('/health')).status).toBe(200)
    for (const { text } of await Promise.all(streams))
      expect(events(text).at(-1)).toMatchObject({ finish_reason: 'stop' })
    expect(await gateway.exited).toBe(0)
  })

  it('F30: a stream that outlasts the drain ends with an error event', async () => {
    const port = await freePort()
    const gateway = await start(port, { DRAIN_TIMEOUT_SECONDS: '1' })
    const hal = await people.register(gateway, 'hal@example.com')
    const before = calls()
    const stream = call(gateway, hal.token, { model: 'stall', stream: true }) as Promise<{ text: string }>
    await until(() => calls() > before)
    await new Promise((resolve) => setTimeout(resolve, 200))
    gateway.kill('SIGTERM')
    expect(events((await stream).text).at(-1)).toMatchObject({ error: { code: 'shutting_down' } })
    expect(await gateway.exited).toBe(0)
  })

  it('F30: clients that ask nothing, or do not read, hold up no stop', async () => {
    const port = await freePort()
    const gateway = await start(port, { DRAIN_TIMEOUT_SECONDS: '1' })
    const jon = await people.register(gateway, 'jon@example.com')
    const silent = connect(port, '127.0.0.1')
    const half = connect(port, '127.0.0.1', () =>
      half.write(
        'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nContent-Type: application/json\r\n\r\n{',
      ),
    )
    openai.next({ text: 'word '.repeat(1_600_000) })
    const deaf = connect(port, '127.0.0.1', () => {
      const body = JSON.stringify({ provider: 'openai', model: 'gpt-4o', prompt: 'x', stream: true })
      deaf.write(
        `POST /api/v1/llm/call HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${jon.token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      )
    })
    for (const socket of [silent, half, deaf]) socket.on('error', () => {})
    deaf.pause()
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const began = Date.now()
    gateway.kill('SIGTERM')
    expect(await gateway.exited).toBe(0)
    expect(Date.now() - began).toBeLessThan(30_000)
    for (const socket of [silent, half, deaf]) socket.destroy()
  })

  it('F31: a second signal ends the process at once, with an exit code that says so, and loses no call', async () => {
    const port = await freePort()
    const gateway = await start(port)
    const ivy = await people.register(gateway, 'ivy@example.com')
    const done = await call(gateway, ivy.token)
    const before = calls()
    void call(gateway, ivy.token, { model: 'hang' }).catch(() => null)
    await until(() => calls() > before)
    gateway.kill('SIGTERM')
    // Sooner, it would count as an echo of the first, which a busy process may hear late.
    await until(async () => (await gateway.ask('/ready').catch(() => null))?.status !== 200)
    await new Promise((resolve) => setTimeout(resolve, 700))
    gateway.kill('SIGINT')
    expect(await gateway.exited).toBe(1)
    const again = await start(port)
    const found = await again.ask(`/api/v1/history/${done.json.history_id}`, { token: ivy.token })
    expect(found.json).toMatchObject({ status: 'success' })
    await until(async () => {
      const { json } = await again.ask<{ data: { error: { code: string } | null }[] }>(
        '/api/v1/history?status=error',
        { token: ivy.token },
      )
      return json.data.some(({ error }) => error?.code === 'interrupted')
    })
    await again.close()
  })

  it('keeps its secrets to itself, and a second process out of the embedded database', async () => {
    const gateway = await start(await freePort())
    expect(statSync(join(dataDir, 'jwt-secret')).mode & 0o077).toBe(0)
    expect(readFileSync(join(dataDir, 'jwt-secret'), 'utf8').length).toBeGreaterThan(32)
    const port = await freePort()
    const taken = await spawnGateway({ PORT: new URL(gateway.url).port }, 'exit')
    expect(taken.output()).toContain('PORT: ')
    expect(taken.output()).toContain('in use')
    const second = await spawnGateway(
      { DATA_DIR: dataDir, PORT: String(port), PUBLIC_URL: `http://localhost:${port}` },
      'exit',
    )
    expect(await second.exited).toBe(1)
    expect(second.output().trim().split('\n')).toEqual([
      expect.stringMatching(
        new RegExp(`^Gatehouse did not start\\. The embedded database is in use by process ${gateway.pid} `),
      ),
    ])
    const both = await spawnGateway({ DATA_DIR: dataDir, PORT: new URL(gateway.url).port }, 'exit')
    expect(both.output().trim().split('\n')).toHaveLength(1)
    await gateway.close()
  })

  it('turns every convenience of development off in production', async () => {
    const gateway = await start(await freePort(), {
      NODE_ENV: 'production',
      JWT_SECRET: secret,
      HOST: '127.0.0.1',
      OPENAI_API_KEY: '',
      SHUTDOWN_GRACE_SECONDS: '0',
    })
    expect((await gateway.ask('/auth/providers')).json).toMatchObject({ providers: ['google'] })
    for (const path of ['/docs', '/docs-json', '/docs/swagger-ui-init.js'])
      expect((await gateway.ask(path)).status, path).toBe(401)
    expect((await gateway.ask('/local/.well-known/openid-configuration')).status).toBe(404)
    const ada = await gateway.ask<{ access_token: string }>('/auth/login', {
      body: { provider: 'google', id_token: people.idToken('ada@example.com') },
    })
    const demo = await gateway.ask('/api/v1/llm/call', {
      token: ada.json.access_token,
      body: { provider: 'demo', model: 'echo', prompt: 'x' },
    })
    expect(demo.status).toBe(400)
    expect((await gateway.ask('/docs-json', { token: ada.json.access_token })).status).toBe(200)
    expect(gateway.output()).not.toContain('curl -s')
    await gateway.close()
  })
})
