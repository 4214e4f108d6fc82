import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createCertificate, type EntraStandIn, startEntra } from '@gatehouse/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleSidecar } from '../../../tools/bundle-sidecar.mjs'
import { afterwards, clientId, folder, serve, tenantId, until } from './harness.js'

let home: string
let program: string

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sidecar-bundle-'))
  await bundleSidecar(home)
  program = join(home, 'main.js')
})
afterAll(() => rm(home, { recursive: true }))

interface Running {
  child: ChildProcess
  output(): string
  exited: Promise<number | null>
}

function start(environment: Record<string, string>, args: string[] = []): Running {
  const child = spawn(process.execPath, [program, ...args], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  afterwards(() => child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (piece: Buffer) => {
      output += piece.toString()
    })
  return {
    child,
    output: () => output,
    exited: once(child, 'close').then(([code]: (number | null)[]) => code ?? null),
  }
}

async function environment(entra?: EntraStandIn, certificate = createCertificate()) {
  const path = join(await folder(), 'client.pem')
  await writeFile(path, certificate.cert + certificate.key)
  await chmod(path, 0o600)
  return {
    AZURE_CLIENT_ID: clientId,
    AZURE_TENANT_ID: tenantId,
    AZURE_CERTIFICATE_PATH: path,
    AZURE_AUTHORITY_HOST: entra?.url ?? 'http://127.0.0.1:9',
    API_BASE_URL: 'http://127.0.0.1:9',
    PORT: '0',
  }
}

/** Where it listens, once its log says so. */
async function address({ output, exited }: Running): Promise<string> {
  const found = () => /"url":"(http:[^"]+)"/.exec(output())?.[1]
  await Promise.race([until(() => found() !== undefined), exited])
  const url = found()
  if (url === undefined) throw new Error(`It does not listen:\n${output()}`)
  return url
}

describe('the command line', () => {
  it('answers --help and --version, and starts nothing', async () => {
    const help = start({}, ['--help'])
    expect(await help.exited).toBe(0)
    expect(help.output()).toMatch(/Usage: .*\n[\s\S]*AZURE_CERTIFICATE_PATH/)
    const version = start({}, ['--version'])
    expect(await version.exited).toBe(0)
    const { version: ours } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    expect(version.output()).toBe(`${ours}\n`)
  })

  it('T57: refuses everything else in a sentence that repeats nothing of it', async () => {
    for (const args of [['--key=canary'], ['canary'], ['--help', 'canary'], ['constructor']]) {
      const refused = start(await environment(), args)
      expect(await refused.exited).toBe(2)
      expect(refused.output()).toMatch(/^The sidecar takes no arguments .*\n$/)
      expect(refused.output()).not.toContain('canary')
    }
  })
})

describe('a start that cannot work', () => {
  it('names every variable that is missing', async () => {
    const whole = await environment()
    const nothing = start({})
    expect(await nothing.exited).toBe(1)
    expect(nothing.output()).toBe(
      'Missing required Azure AD configuration: AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_CERTIFICATE_PATH, API_BASE_URL\n',
    )
    const one = start({ ...whole, AZURE_TENANT_ID: ' ' })
    expect(await one.exited).toBe(1)
    expect(one.output()).toBe('Missing required Azure AD configuration: AZURE_TENANT_ID\n')
  })

  it.each([
    ['T82: HOST without a key', { HOST: '0.0.0.0' }, /^HOST: .*SIDECAR_API_KEY/],
    ['T82: HOST of IPv6 without a key', { HOST: '::' }, /^HOST: .*SIDECAR_API_KEY/],
    ['T82: HOST by a name without a key', { HOST: 'localhost.evil.example' }, /^HOST: .*SIDECAR_API_KEY/],
    ['a port that is none', { PORT: '70000' }, /^PORT: /],
    ['an address that is none', { API_BASE_URL: 'my-resource' }, /^API_BASE_URL: .*https/],
    ['T83: an address with a password', { API_BASE_URL: 'https://user:hunter2@host' }, /^API_BASE_URL: /],
    ['a key that no header holds', { SIDECAR_API_KEY: 'with space hunter2' }, /^SIDECAR_API_KEY: /],
    ['a level that is none', { LOG_LEVEL: 'loud' }, /^LOG_LEVEL: .*info/],
    [
      'T86: a certificate that is not there',
      { AZURE_CERTIFICATE_PATH: '/nowhere/cert.pem' },
      /^\/nowhere\/cert.pem: /,
    ],
  ])('%s ends in one line', async (_name, wrong, says) => {
    const running = start({ ...(await environment()), ...wrong })
    expect(await running.exited).toBe(1)
    const lines = running.output().trim().split('\n')
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(says)
    expect(running.output()).not.toContain('hunter2')
  })

  it('T86: a certificate that cannot be used is named with what is wrong', async () => {
    const day = 86_400_000
    const old = createCertificate({
      notBefore: new Date(Date.now() - 3 * day),
      notAfter: new Date(Date.now() - day),
    })
    const one = createCertificate()
    const other = createCertificate()
    const encrypted = one.key.replaceAll('PRIVATE KEY', 'ENCRYPTED PRIVATE KEY')
    for (const [content, says] of [
      [old.cert + old.key, 'expired'],
      [one.cert, 'no private key'],
      [one.cert + encrypted, 'encrypted'],
      [one.cert + other.key, 'does not belong'],
    ]) {
      const whole = await environment()
      await writeFile(whole.AZURE_CERTIFICATE_PATH, content ?? '')
      const running = start(whole)
      expect(await running.exited).toBe(1)
      expect(running.output()).toContain(`${whole.AZURE_CERTIFICATE_PATH}: `)
      expect(running.output()).toContain(says)
    }
  })

  it('a port that is taken is named', async () => {
    const taken = await serve(() => {})
    const running = start({ ...(await environment()), PORT: new URL(taken.url).port })
    expect(await running.exited).toBe(1)
    expect(running.output()).toMatch(/^PORT: \d+ on 127\.0\.0\.1: is taken by another program$/m)
  })
})

describe('a sidecar process', () => {
  it('T82: by default is reached from this machine alone', async () => {
    const running = start(await environment())
    const { port, hostname } = new URL(await address(running))
    expect(hostname).toBe('127.0.0.1')
    const outer = Object.values(networkInterfaces())
      .flat()
      .find((each) => each && !each.internal && each.family === 'IPv4')?.address
    // 127.0.0.2 is this machine too, and another address.
    const code = await new Promise((resolve) =>
      connect(Number(port), outer ?? '127.0.0.2', () => resolve('connected')).on('error', (error) =>
        resolve('code' in error ? error.code : error),
      ),
    )
    expect(code).toBe('ECONNREFUSED')
  })

  it('passes on what the curl lines of seed 003 ask, with the proof that the certificate is ours', async () => {
    const certificate = createCertificate()
    const entra = await startEntra({ tenantId, clientId, certificate })
    afterwards(entra.close)
    const seen: string[] = []
    const upstream = await serve(async (request, response) => {
      seen.push(
        `${request.method} ${request.url} ${request.headers.authorization} ${Buffer.concat(await request.toArray())}`,
      )
      response.setHeader('content-type', 'application/json').end('{"ok":true}')
    })
    const running = start({ ...(await environment(entra, certificate)), API_BASE_URL: upstream.url })
    const url = await address(running)
    expect(await until(async () => (await fetch(`${url}/health`)).status === 200)).toBe(true)
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok' })
    const body = '{"model":"gpt-3.5-turbo","messages":[{"role":"user","content":"Hello!"}]}'
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body })
    expect([answer.status, await answer.json()]).toEqual([200, { ok: true }])
    expect(seen).toEqual([`POST /v1/chat/completions Bearer entra-token-1 ${body}`])
    expect(entra.requests).toEqual([`POST /${tenantId}/oauth2/v2.0/token`])
    for (const line of running.output().trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ level: /info|warn/ })
    expect(running.output()).not.toMatch(/entra-token|PRIVATE KEY/)
  })

  it('F23: starts while the issuer is down, and serves as soon as that is back', async () => {
    const certificate = createCertificate()
    const entra = await startEntra({ tenantId, clientId, certificate })
    afterwards(entra.close)
    entra.failNext(503, 503)
    const upstream = await serve((_request, response) => response.end('served'))
    const url = await address(
      start({ ...(await environment(entra, certificate)), API_BASE_URL: upstream.url }),
    )
    expect((await fetch(`${url}/health`)).status).toBe(503)
    expect(await until(async () => (await fetch(url)).status === 200)).toBe(true)
    expect((await fetch(`${url}/health`)).status).toBe(200)
  })

  it('told to stop, lets a stream end and takes nothing new', async () => {
    const certificate = createCertificate()
    const entra = await startEntra({ tenantId, clientId, certificate })
    afterwards(entra.close)
    let finish = () => {}
    const upstream = await serve((request, response) => {
      if (request.url !== '/stream') return void response.end()
      response.write('begin ')
      finish = () => response.end('end')
    })
    const running = start({ ...(await environment(entra, certificate)), API_BASE_URL: upstream.url })
    const url = await address(running)
    const stream = await fetch(`${url}/stream`)
    running.child.kill('SIGTERM')
    expect(
      await until(async () =>
        fetch(url).then(
          () => false,
          () => true,
        ),
      ),
    ).toBe(true)
    expect(running.child.exitCode).toBeNull()
    finish()
    expect(await stream.text()).toBe('begin end')
    expect(await running.exited).toBe(0)
  })

  it.skipIf(!existsSync('/proc/self/stat'))('does nothing while nobody asks (needs /proc)', async () => {
    const certificate = createCertificate()
    const entra = await startEntra({ tenantId, clientId, certificate })
    afterwards(entra.close)
    const running = start(await environment(entra, certificate))
    const url = await address(running)
    expect(await until(async () => (await fetch(`${url}/health`)).status === 200)).toBe(true)
    const file = `/proc/${running.child.pid}/stat`
    const ticks = () => {
      const fields = readFileSync(file, 'utf8').split(') ')[1]?.split(' ') ?? []
      return Number(fields[11]) + Number(fields[12])
    }
    await delay(1_000)
    const before = ticks()
    await delay(3_000)
    // Hundredths of a second; a loop that never sleeps has some 300.
    expect(ticks() - before).toBeLessThan(10)
  })
})
