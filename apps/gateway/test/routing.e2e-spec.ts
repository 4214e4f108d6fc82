import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HistoryDetail } from '@gatehouse/contracts'
import { freePort, type StandIn, startGemini, startOpenAi } from '@gatehouse/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type InnerGateway,
  type People,
  type Person,
  spawnGateway,
  startGateway,
  startPeople,
} from './harness.js'

const secret = 'sk-eu-0123456789abcdefghijklmnop'

/** An alias each, so that no test meets the circuit that another one has opened. */
const pairs = Array.from({ length: 40 }, (_, index) => `pair-${index}`)

const file = (eu: string, nobody: number) => `
connections:
  - id: eu
    provider: openai
    OPENAI_API_KEY: \${EU_KEY}
    OPENAI_BASE_URL: ${eu}/v1
  - id: nobody
    provider: openai
    OPENAI_API_KEY: k
    OPENAI_BASE_URL: http://127.0.0.1:${nobody}/v1
models:
  sole: {candidates: [openai/sole]}
  once: {candidates: [openai/once], retries: 0}
  ${pairs
    .map(
      (name) =>
        `${name}: {candidates: [openai/${name}], fallbacks: [{model: openai/${name}-eu, connection: eu}]}`,
    )
    .join('\n  ')}
  unreachable: {candidates: [{model: openai/x, connection: nobody}], fallbacks: [{model: openai/x-eu, connection: eu}]}
  mixed: {candidates: [google/gemini-2.5-flash], fallbacks: [{model: openai/mixed-eu, connection: eu}], retries: 0}
  impatient:
    candidates: [openai/slow-head]
    timeouts: {first_byte_ms: 250}
  impatient-gemini:
    candidates: [google/slow-head]
    timeouts: {first_byte_ms: 250}
  impatient-pair:
    candidates: [openai/slow-head]
    fallbacks: [{model: openai/quick, connection: eu}]
    timeouts: {first_byte_ms: 250}
  patient:
    candidates: [openai/slow-head]
    timeouts: {first_byte_ms: 600000}
  patient-gemini:
    candidates: [google/slow-head]
    timeouts: {first_byte_ms: 600000}
  stalling:
    candidates: [openai/stall]
    timeouts: {idle_ms: 300}
  weighted:
    candidates: [{model: openai/heavy, weight: 3}, {model: openai/light, connection: eu}]
  cooling: {candidates: [openai/cooling], fallbacks: [{model: openai/cooling-eu, connection: eu}], retries: 0}
  failing: {candidates: [openai/failing], fallbacks: [{model: openai/failing-eu, connection: eu}], retries: 0}
defaults:
  retries: 1
  timeouts: {first_byte_ms: 700}
`

interface Body {
  choices?: { message: { content: string } }[]
  error?: { code: string; message: string }
}

describe('routing by gatehouse.yaml', () => {
  let folder: string
  let people: People
  let openai: StandIn
  let eu: StandIn
  let gemini: StandIn
  let gateway: InnerGateway
  let ada: Person

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-'))
    people = await startPeople()
    ;[openai, eu, gemini] = await Promise.all([startOpenAi(), startOpenAi(), startGemini()])
    const path = join(folder, 'routing.yaml')
    writeFileSync(path, file(eu.url, await freePort()))
    gateway = await startGateway({
      ...people.environment,
      GATEHOUSE_CONFIG: path,
      EU_KEY: secret,
      OPENAI_API_KEY: 'sk-us-0123456789abcdefghijklmnop',
      OPENAI_BASE_URL: `${openai.url}/v1`,
      GOOGLE_API_KEY: 'AIzaSyGatehouseStandIn0123456789',
      GOOGLE_GEMINI_BASE_URL: gemini.url,
    })
    ada = await people.register(gateway, 'ada@example.com')
  })
  afterAll(async () => {
    await gateway.close()
    await Promise.all([people, openai, eu, gemini].map((part) => part.close()))
    rmSync(folder, { recursive: true, force: true })
  })
  beforeEach(() => {
    for (const standIn of [openai, eu, gemini]) standIn.requests.length = 0
  })

  const chat = (model: string, stream = false, query = '') =>
    gateway.ask<Body>(`/v1/chat/completions${query}`, {
      token: ada.token,
      body: { model, stream, messages: [{ role: 'user', content: 'Hi' }] },
    })
  const latest = async () => {
    await gateway.gateway.calls.flush()
    return gateway.gateway.database.client.call.findFirst({ orderBy: { id: 'desc' } })
  }
  /** The newest call as its owner sees it. */
  const shown = async () => {
    const id = (await latest())?.id
    return (await gateway.ask<HistoryDetail>(`/api/v1/history/${id}`, { token: ada.token })).json
  }
  const fresh = [...pairs]
  const newPair = () => fresh.pop() ?? ''
  const refuse = (status: number, headers: Record<string, string> = {}) => ({ refuse: { status, headers } })

  it('passes a plain name on as before, to the provider’s first connection, and never to another by itself', async () => {
    const answer = await chat('openai/gpt-4o')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-gatehouse-attempts')).toBe('1')
    openai.next(refuse(500), refuse(500))
    expect(await chat('openai/gpt-4o')).toMatchObject({
      status: 502,
      json: { error: { code: 'provider_error' } },
    })
    expect(openai.requests).toHaveLength(3)
    expect(eu.requests).toHaveLength(0)
    expect(await latest()).toMatchObject({ connection: 'default', attempts: 2, status: 'error' })
  })

  it.each([false, true])('F01: waits as Retry-After says, then asks again (stream: %s)', async (stream) => {
    for (const [name, value, least] of [
      ['retry-after', '1', 990],
      ['retry-after-ms', '400', 390],
    ] as const) {
      openai.next(refuse(429, { [name]: value }))
      const began = performance.now()
      const answer = await chat('sole', stream)
      const spent = performance.now() - began
      expect(answer.status).toBe(200)
      expect(answer.text).toContain('Hello')
      expect(answer.headers.get('x-gatehouse-attempts')).toBe('2')
      expect(spent).toBeGreaterThan(least)
      expect(Number(answer.headers.get('x-gatehouse-overhead-ms'))).toBeLessThan(spent / 2)
    }
    expect(await latest()).toMatchObject({
      askedModel: 'sole',
      model: 'sole',
      attempts: 2,
      status: 'success',
    })
  })

  it.each([408, 409, 429, 500, 503, 529])(
    'F02: asks again after %i, and no more often than told',
    async (status) => {
      openai.next(refuse(status))
      expect((await chat('sole')).status).toBe(200)
      expect(openai.requests).toHaveLength(2)
      openai.next(refuse(status))
      expect((await chat('once')).status).toBeGreaterThanOrEqual(400)
      expect(openai.requests).toHaveLength(3)
    },
  )

  it.each([400, 401, 403, 404, 413, 422])('F03: does not ask again after %i', async (status) => {
    openai.next(refuse(status))
    expect((await chat('sole')).status).toBeGreaterThanOrEqual(400)
    expect(openai.requests).toHaveLength(1)
  })

  it.each([false, true])(
    'F02: goes on to the fallback, which the history names (stream: %s)',
    async (stream) => {
      openai.next(refuse(500), refuse(503))
      const pair = newPair()
      const answer = await chat(pair, stream)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('x-gatehouse-provider')).toBe('openai')
      expect(answer.headers.get('x-gatehouse-model')).toBe(`${pair}-eu`)
      expect(answer.headers.get('x-gatehouse-attempts')).toBe('3')
      expect(eu.requests).toHaveLength(1)
      expect(eu.requests[0]?.headers.authorization).toBe(`Bearer ${secret}`)
      expect(eu.requests[0]?.json).toMatchObject({ model: `${pair}-eu` })
      expect(await latest()).toMatchObject({
        askedModel: pair,
        model: `${pair}-eu`,
        provider: 'openai',
        connection: 'eu',
        attempts: 3,
        status: 'success',
        inputTokens: 12,
      })
      const { tries } = await shown()
      expect(tries ?? []).toMatchObject([
        { provider: 'openai', connection: 'default', model: pair, status: 502, error_code: 'provider_error' },
        { provider: 'openai', connection: 'default', model: pair, status: 502, error_code: 'provider_error' },
        { provider: 'openai', connection: 'eu', model: `${pair}-eu`, status: 200, error_code: null },
      ])
      const [first, second, third] = (tries ?? []).map(({ started_ms }) => started_ms)
      expect([first, second, third]).toEqual([first, second, third].sort((a = 0, b = 0) => a - b))
      // The second one came after a pause.
      expect(second).toBeGreaterThan(first ?? 0)
    },
  )

  it('goes on where the credential is refused or the model is not known, and not where the request is', async () => {
    for (const status of [401, 404]) {
      openai.next(refuse(status))
      const pair = newPair()
      expect((await chat(pair)).headers.get('x-gatehouse-model'), String(status)).toBe(`${pair}-eu`)
    }
    const asked = eu.requests.length
    openai.next(refuse(400))
    expect((await chat(newPair())).status).toBe(400)
    expect(eu.requests).toHaveLength(asked)
  })

  it('F04: goes on where nothing listens', async () => {
    const answer = await chat('unreachable')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-gatehouse-model')).toBe('x-eu')
    expect(await latest()).toMatchObject({ connection: 'eu', attempts: 3 })
  })

  it.each(['cut', 'reset', 'end', 'error'] as const)(
    'F13: goes on where a stream breaks between its head and its first byte (%s)',
    async (breakBy) => {
      openai.next({ after: 0, breakBy }, { after: 0, breakBy })
      const pair = newPair()
      const answer = await chat(pair, true)
      expect(answer.text).toContain('[DONE]')
      expect(answer.headers.get('x-gatehouse-model')).toBe(`${pair}-eu`)
      expect(answer.headers.get('x-gatehouse-attempts')).toBe('3')
      // The usage was not asked for, and the answer is one.
      expect(answer.text.match(/"role":"assistant"/g)).toHaveLength(1)
    },
  )

  it.each(['cut', 'reset', 'end'] as const)(
    'F13: goes on where a whole answer breaks (%s)',
    async (breakBy) => {
      // An answer that ends in its middle is in another shape: asking again would not mend it.
      openai.next(...Array.from({ length: breakBy === 'end' ? 1 : 2 }, () => ({ breakBy })))
      const pair = newPair()
      const answer = await chat(pair)
      expect(answer.status).toBe(200)
      expect(answer.json.choices?.[0]?.message.content).toContain('Hello')
      expect(answer.headers.get('x-gatehouse-model')).toBe(`${pair}-eu`)
    },
  )

  it('F08: goes on where an answer has another shape, long or short', async () => {
    for (const body of ['<html>', 'x'.repeat(100_000)]) {
      openai.next({ answer: { status: 200, headers: { 'content-type': 'text/html' }, body } })
      const pair = newPair()
      const answer = await chat(pair)
      expect(answer.headers.get('x-gatehouse-model')).toBe(`${pair}-eu`)
      expect(answer.headers.get('x-gatehouse-attempts')).toBe('2')
    }
  })

  it.each(['cut', 'reset', 'end', 'error'] as const)(
    'F13: asks nobody else once a byte has gone out (%s)',
    async (breakBy) => {
      openai.next({ after: 2, breakBy })
      const pair = newPair()
      const answer = await chat(pair, true)
      expect(answer.text).not.toContain('[DONE]')
      expect(answer.text).toMatch(/data: \{"error":\{[^\n]*\}\}\n\n$/)
      expect(openai.requests).toHaveLength(1)
      expect(eu.requests).toHaveLength(0)
      expect(await latest()).toMatchObject({ status: 'error', attempts: 1 })
      const { error, tries } = await shown()
      expect(tries ?? []).toMatchObject([{ error_code: error?.code }])
      expect(tries?.[0]?.status).toBeGreaterThanOrEqual(500)
    },
  )

  it('a provider of another shape is gone on from in the same way', async () => {
    for (const stream of [false, true]) {
      gemini.next(refuse(503))
      const answer = await chat('mixed', stream)
      expect(answer.headers.get('x-gatehouse-model'), answer.text).toBe('mixed-eu')
      expect(answer.headers.get('x-gatehouse-attempts')).toBe('2')
    }
    gemini.next({ after: 0, breakBy: 'cut' })
    const none = await chat('mixed', true)
    expect(none.headers.get('x-gatehouse-model'), none.text).toBe('mixed-eu')
    gemini.next({ after: 2, breakBy: 'cut' })
    const cut = await chat('mixed', true)
    expect(cut.headers.get('x-gatehouse-provider')).toBe('google')
    expect(cut.text).not.toContain('[DONE]')
    const whole = await chat('mixed', true)
    expect(whole.headers.get('x-gatehouse-provider')).toBe('google')
    expect(whole.text).toContain('[DONE]')
  })

  it('what one provider could not be told is not said of the next', async () => {
    gemini.next(refuse(503))
    const answer = await gateway.ask('/v1/chat/completions', {
      token: ada.token,
      body: { model: 'mixed', messages: [{ role: 'user', content: 'Hi' }], logit_bias: { 1: 2 } },
    })
    expect(answer.headers.get('x-gatehouse-model')).toBe('mixed-eu')
    expect(answer.headers.has('x-gatehouse-dropped')).toBe(false)
    const strict = await gateway.ask('/v1/chat/completions', {
      token: ada.token,
      headers: { 'x-gatehouse-strict': 'true' },
      body: { model: 'mixed', messages: [{ role: 'user', content: 'Hi' }], logit_bias: { 1: 2 } },
    })
    expect(strict.headers.get('x-gatehouse-model'), strict.text).toBe('mixed-eu')
    expect(strict.headers.get('x-gatehouse-attempts')).toBe('1')
  })

  it('an endpoint that a candidate does not have is asked of the next', async () => {
    const answer = await gateway.ask('/v1/embeddings', {
      token: ada.token,
      body: { model: 'mixed', input: 'Hi' },
    })
    expect(answer.status, answer.text).toBe(200)
  })

  it('F05: waits for the first byte as long as the alias says, not longer', async () => {
    for (const alias of ['impatient', 'impatient-gemini']) {
      const began = performance.now()
      expect(await chat(alias), alias).toMatchObject({
        status: 504,
        json: { error: { code: 'provider_timeout' } },
      })
      expect(performance.now() - began).toBeLessThan(900)
    }
    expect((await chat('impatient-pair')).headers.get('x-gatehouse-model')).toBe('quick')
  })

  it('F05: a limit of ten minutes holds where the usual one is shorter', async () => {
    for (const model of ['openai/slow-head', 'google/slow-head'])
      expect((await chat(model)).status, model).toBe(504)
    for (const alias of ['patient', 'patient-gemini'])
      for (const stream of [false, true]) expect((await chat(alias, stream)).status, alias).toBe(200)
  })

  it('F06: ends a stream that falls silent after the time of its alias', async () => {
    const began = performance.now()
    const answer = await chat('stalling', true)
    expect(answer.text).toMatch(/"code":"provider_timeout"/)
    expect(performance.now() - began).toBeLessThan(5_000)
  })

  it('shares 1000 calls out by weight', async () => {
    for (let round = 0; round < 50; round++) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => chat('weighted')))
      expect(answers.every(({ status }) => status === 200)).toBe(true)
    }
    expect(openai.requests.length + eu.requests.length).toBe(1000)
    // Six times the standard deviation.
    expect(Math.abs(openai.requests.length - 750)).toBeLessThan(83)
  })

  it('F04: leaves a candidate alone while it wants to be, lets one call try, and comes back to it', async () => {
    const served = async () => (await chat('cooling')).headers.get('x-gatehouse-model')
    for (let call = 0; call < 5; call++) {
      openai.next(refuse(429, { 'retry-after': '1' }))
      expect(await served()).toBe('cooling-eu')
    }
    expect(await served()).toBe('cooling-eu')
    expect(openai.requests).toHaveLength(5)
    await new Promise((resolve) => setTimeout(resolve, 1_050))
    // Half open: the probe is slow, and nobody else waits for it.
    openai.next({ headDelayMs: 300 })
    const [probe, ...others] = await Promise.all([served(), served(), served(), served()])
    expect(probe).toBe('cooling')
    expect(others).toEqual(['cooling-eu', 'cooling-eu', 'cooling-eu'])
    expect(await served()).toBe('cooling')
    // By its own name it is the same circuit, but a sole candidate is never skipped.
    for (let call = 0; call < 5; call++) {
      openai.next(refuse(429, { 'retry-after': '2' }))
      expect(await served()).toBe('cooling-eu')
    }
    expect((await chat('openai/cooling')).status).toBe(200)
    expect(await served()).toBe('cooling')
  })

  it('F14: answers 503 and when to come back where every circuit is open, and asks nobody', async () => {
    for (let call = 0; call < 5; call++) {
      openai.next(refuse(429, { 'retry-after': '30' }))
      eu.next(refuse(429, { 'retry-after': '40' }))
      expect((await chat('failing')).status).toBe(429)
    }
    const asked = openai.requests.length + eu.requests.length
    for (const stream of [false, true]) {
      const answer = await chat('failing', stream)
      expect(answer).toMatchObject({ status: 503, json: { error: { code: 'unavailable' } } })
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(25)
      expect(Number(answer.headers.get('retry-after'))).toBeLessThanOrEqual(30)
    }
    expect(openai.requests.length + eu.requests.length).toBe(asked)
    expect(await shown()).toMatchObject({ status: 'error', attempts: 0, tries: [] })
  })

  it('a sole candidate is asked however often it failed', async () => {
    for (let call = 0; call < 8; call++) openai.next(refuse(500))
    for (let call = 0; call < 8; call++) expect((await chat('once')).status).toBe(502)
    expect((await chat('once')).status).toBe(200)
    expect(openai.requests).toHaveLength(9)
  })

  it('a name beside ?provider= is that provider’s own, and no alias', async () => {
    await chat('pair-0', false, '?provider=openai')
    expect(openai.requests[0]?.json).toMatchObject({ model: 'pair-0' })
  })

  it('a file that is wrong stops the start with one line, and tells no secret', async () => {
    const path = join(folder, 'wrong.yaml')
    writeFileSync(path, `connections:\n  - id: eu\n    provider: openai\n    OPENAI_API_KY: ${secret}\n`)
    const outer = await spawnGateway({ GATEHOUSE_CONFIG: path }, 'exit')
    expect(await outer.exited).toBe(1)
    expect(outer.output()).toMatch(
      /^Gatehouse did not start\. GATEHOUSE_CONFIG: \S+wrong\.yaml:4:5: connections\[0\]\.OPENAI_API_KY is not known here\. [^\n]+\n$/,
    )
    expect(outer.output()).not.toContain(secret)
    await outer.close()
  })
})
