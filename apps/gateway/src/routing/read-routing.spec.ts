import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readRouting } from './read-routing.js'

const openai = { OPENAI_API_KEY: 'sk-the-usual' }

describe('gatehouse.yaml', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const read = (
    text: string,
    { environment = {}, models = openai }: { environment?: Record<string, string>; models?: object } = {},
  ) => {
    const path = join(folder, 'routing.yaml')
    writeFileSync(path, text)
    return readRouting({ path, folder: undefined, environment, models: { ...models }, production: true })
  }
  const problemOf = (...given: Parameters<typeof read>) => {
    try {
      read(...given)
    } catch (error) {
      return (error as Error).message.replace(join(folder, 'routing.yaml'), 'FILE')
    }
    throw new Error('it was read')
  }

  it('is looked for in the folder of the start, or where GATEHOUSE_CONFIG says; without it there is no routing', () => {
    const at = (path: string | undefined, where: string | undefined) =>
      readRouting({ path, folder: where, environment: {}, models: {}, production: true })
    expect(at(undefined, folder)).toBeUndefined()
    const other = join(folder, 'other.yaml')
    writeFileSync(other, 'defaults: {retries: 3}')
    expect(at(undefined, folder)).toBeUndefined()
    expect(at(other, undefined)).toMatchObject({ file: other, retries: 3 })
    writeFileSync(join(folder, 'gatehouse.yaml'), '')
    expect(() => at(join(folder, 'nowhere'), folder)).toThrow(/^GATEHOUSE_CONFIG: .*cannot be read/)
    expect(at(undefined, undefined)).toBeUndefined()
  })

  it('the example that is published is right', () => {
    const path = join(folder, 'gatehouse.yaml')
    copyFileSync(resolve('gatehouse.example.yaml'), path)
    const environment = { OPENAI_EU_KEY: 'sk-eu', AZURE_SWEDEN_KEY: 'k' }
    const routing = readRouting({ path, folder: undefined, environment, models: {}, production: true })
    expect(routing?.connections.map(({ id, provider }) => [id, provider])).toEqual([
      ['openai-eu', 'openai'],
      ['sweden', 'azure'],
    ])
    expect(routing?.aliases.map(({ id }) => id)).toEqual(['chat', 'careful'])
    expect(routing?.aliases[1]?.timeouts).toEqual({ connectMs: 5_000, firstByteMs: 600_000, idleMs: 60_000 })
    expect([...(routing?.refersTo ?? [])]).toEqual(['OPENAI_EU_KEY', 'AZURE_SWEDEN_KEY'])
    expect(routing?.prices).toEqual([
      { provider: 'azure', model: 'our-chat', price: { priceList: 'openai', model: 'gpt-4o-mini' } },
      { provider: 'custom', model: '*', price: { input: 0.2 / 1e6, output: 0.6 / 1e6, cached: 0.2 / 1e6 } },
    ])
    expect(routing?.issuers.map(({ id, issuer }) => [id, issuer])).toEqual([
      ['cluster', 'https://kubernetes.default.svc.cluster.local'],
      ['github', 'https://token.actions.githubusercontent.com'],
      ['entra', expect.stringContaining('/v2.0')],
    ])
    expect(() =>
      readRouting({ path, folder: undefined, environment: {}, models: {}, production: true }),
    ).toThrow(/:12:21: connections\[0\]\.OPENAI_API_KEY refers to OPENAI_EU_KEY, which is not set/)
  })

  it('makes connections of their own variables alone, and follows aliases to where they lead', () => {
    const routing = read(
      `
connections:
  - {id: eu, provider: openai, OPENAI_API_KEY: "\${EU_KEY}", OPENAI_BASE_URL: "https://eu.example.com/v1/"}
models:
  a:
    candidates: [{model: openai/gpt-4o, connection: eu, weight: 3}, openai/gpt-4o, b]
    fallbacks: [b, {model: openai/o3, connection: default}]
  b:
    candidates: [openai/publisher/model@2024]
    retries: 0
`,
      { environment: { EU_KEY: 'sk-eu' } },
    )
    expect(routing?.connections).toEqual([
      {
        id: 'eu',
        provider: 'openai',
        values: { OPENAI_API_KEY: 'sk-eu', OPENAI_BASE_URL: 'https://eu.example.com/v1' },
      },
    ])
    const b = {
      id: 'b',
      candidates: [
        { weight: 1, target: { provider: 'openai', connection: undefined, model: 'publisher/model@2024' } },
      ],
      fallbacks: [],
      retries: 0,
      timeouts: undefined,
    }
    expect(routing?.retries).toBe(1)
    expect(routing?.aliases).toEqual([
      {
        id: 'a',
        candidates: [
          { weight: 3, target: { provider: 'openai', connection: 'eu', model: 'gpt-4o' } },
          { weight: 1, target: { provider: 'openai', connection: undefined, model: 'gpt-4o' } },
          { weight: 1, target: { alias: b } },
        ],
        fallbacks: [{ alias: b }, { provider: 'openai', connection: 'default', model: 'o3' }],
        retries: undefined,
        timeouts: undefined,
      },
      b,
    ])
  })

  it.each([
    ['aliases: {}', ':1:1: aliases is not known here. Known are: connections, models, defaults'],
    [
      'connections:\n  - id: eu\n    provider: opanai\n',
      ':3:15: connections[0].provider must be a provider: openai, anthropic,',
    ],
    ['connections:\n  - id: eu\n', ':2:5: connections[0].provider must be a provider: openai'],
    [
      'connections:\n  - id: eu\n    provider: openai\n    OPENAI_KEY: x\n',
      ':4:5: connections[0].OPENAI_KEY is not known here. Known are: id, provider, OPENAI_API_KEY',
    ],
    [
      'connections:\n  - {id: eu, provider: openai}\n',
      ':2:5: connections[0] makes no connection: it needs OPENAI_API_KEY',
    ],
    [
      'connections:\n  - {id: eu, provider: openai, OPENAI_API_KEY: k, OPENAI_BASE_URL: "ftp://x"}\n',
      ':2:68: connections[0].OPENAI_BASE_URL must be an http or https address',
    ],
    [
      'connections:\n  - {id: default, provider: openai, OPENAI_API_KEY: k}\n',
      ':2:10: connections[0].id cannot be "default"',
    ],
    [
      'connections:\n  - {id: E U, provider: openai, OPENAI_API_KEY: k}\n',
      ':2:10: connections[0].id must be',
    ],
    [
      'connections:\n  - {id: eu, provider: openai, OPENAI_API_KEY: k}\n  - {id: eu, provider: groq, GROQ_API_KEY: k}\n',
      ':3:10: connections[1].id is "eu", which another connection has',
    ],
    ['models:\n  x: {}\n', ':2:3: models.x.candidates is missing'],
    ['models:\n  x: {candidates: []}\n', ':2:7: models.x.candidates must have at least one entry'],
    [
      'models:\n  x: {candidates: [gpt-4o]}\n',
      ':2:20: models.x.candidates[0] must be provider/model with a known provider, or an alias of this file',
    ],
    ['models:\n  x: {candidates: [nobody/gpt]}\n', ':2:20: models.x.candidates[0] must be provider/model'],
    ['models:\n  x: {candidates: [openai/a/../b]}\n', ':2:20: models.x.candidates[0] names no model'],
    [
      'models:\n  x: {candidates: [groq/llama]}\n',
      ':2:20: models.x.candidates[0] needs a connection to Groq: set GROQ_API_KEY, or add one to connections',
    ],
    [
      'models:\n  x:\n    candidates:\n      - model: openai/a\n        connection: us\n',
      ':5:21: models.x.candidates[0].connection must be a connection to OpenAI: default',
    ],
    [
      'connections:\n  - {id: eu, provider: openai, OPENAI_API_KEY: k}\nmodels:\n  x: {candidates: [openai/a@eu]}\n',
      ':4:20: models.x.candidates[0] ends in the name of a connection. Write "connection: eu" beside the model',
    ],
    [
      'models:\n  x: {candidates: [{model: openai/a, wieght: 2}]}\n',
      ':2:38: models.x.candidates[0].wieght is not known here. Known are: model, connection, weight',
    ],
    [
      'models:\n  x: {candidates: [{model: openai/a, weight: 0}]}\n',
      ':2:46: models.x.candidates[0].weight must be above 0',
    ],
    ['models:\n  x: {candidates: [x]}\n', ':2:20: models.x.candidates[0] leads back to itself: x → x'],
    [
      'models:\n  x: {candidates: [y]}\n  y: {candidates: [openai/a], fallbacks: [z]}\n  z: {candidates: [{model: x}]}\n',
      ':4:28: models.z.candidates[0].model leads back to itself: x → y → z → x',
    ],
    [
      'models:\n  x: {candidates: [{model: y, connection: default}]}\n  y: {candidates: [openai/a]}\n',
      ':2:43: models.x.candidates[0].connection cannot stand beside an alias',
    ],
    [
      'models:\n  openai/gpt-4o: {candidates: [openai/a]}\n',
      ':2:3: models.openai/gpt-4o cannot be an alias: that name belongs to OpenAI',
    ],
    [
      'models:\n  gemini: {candidates: [openai/a]}\n',
      ':2:3: models.gemini cannot be an alias: that name belongs to Google',
    ],
    ['models:\n  "a b": {candidates: [openai/a]}\n', ':2:3: models.a b must be up to 256 letters'],
    ['models:\n  x: {candidates: [openai/a], retries: 9}\n', ':2:40: models.x.retries must be at most 5'],
    ['defaults: {retries: 1.5}\n', ':1:21: defaults.retries must be a whole number'],
    [
      'defaults: {timeouts: {first_byte_ms: 0}}\n',
      ':1:38: defaults.timeouts.first_byte_ms must be at least 1',
    ],
    [
      'defaults: {timeouts: {first_byte: 10}}\n',
      ':1:23: defaults.timeouts.first_byte is not known here. Known are: connect_ms,',
    ],
    ['models: [a]\n', ':1:1: models must be names with values'],
    [
      'prices: {gpt-4o: {same_as: openai/gpt-4o}}\n',
      ':1:10: prices.gpt-4o must be the price of provider/model',
    ],
    [
      'prices: {nobody/a: {same_as: openai/gpt-4o}}\n',
      ':1:10: prices.nobody/a must be the price of provider/',
    ],
    ['prices: {"openai/a b": {same_as: openai/gpt-4o}}\n', ':1:10: prices.openai/a b must be the price of'],
    ['prices: {openai/a: {}}\n', ':1:10: prices.openai/a must have input_usd_per_million and output_usd_per'],
    [
      'prices: {openai/a: {input_usd_per_million: 1}}\n',
      ':1:10: prices.openai/a must have input_usd_per_million',
    ],
    [
      'prices: {openai/a: {input_usd_per_million: -1, output_usd_per_million: 1}}\n',
      ':1:44: prices.openai/a.input_usd_per_million must not be below 0',
    ],
    [
      'prices: {openai/a: {input_usd_per_million: 1, same_as: openai/gpt-4o}}\n',
      ':1:56: prices.openai/a.same_as cannot stand beside figures',
    ],
    [
      'prices: {openai/a: {same_as: openai/nobody-knows}}\n',
      ':1:30: prices.openai/a.same_as is "openai/nobody-knows", for which no price is built in',
    ],
    ['prices: {openai/a: {same_as: custom/a}}\n', ':1:30: prices.openai/a.same_as is "custom/a", for which'],
    [
      'prices:\n  google/a: {same_as: openai/gpt-4o}\n  gemini/a: {same_as: openai/gpt-4o}\n',
      ':3:3: prices.gemini/a is the price of google/a, which stands here already',
    ],
    ['models: {x: {candidates: [[]]}}\n', ':1:27: models.x.candidates[0]'],
    ['models: {x: {candidates: openai/a}}\n', ':1:26: models.x.candidates must be a list'],
  ])('%j stops the start with line, column and mend', (text, problem) => {
    const told = problemOf(text)
    expect(told).toMatch(/^GATEHOUSE_CONFIG: FILE:\d+:\d+: [^\n]+$/)
    expect(told).toContain(`FILE${problem}`)
  })

  it('T57: no secret of it is told, whatever is wrong with it', () => {
    const secret = 'sk-0123456789secret'
    for (const text of [
      `connections: [{id: eu, provider: openai, OPENAI_API_KEY: ${secret}, OPENAI_BASE_URL: "${secret}"}]`,
      `connections: [{id: eu, provider: openai, OPENAI_API_KEY: [${secret}]}]`,
      `connections: [{id: eu, provider: ${secret}}]`,
      `models: {x: {candidates: [${secret}]}}`,
    ])
      expect(problemOf(text), text).not.toContain(secret)
    const environment = { KEY: secret }
    expect(
      problemOf('connections: [{id: eu, provider: openai, OPENAI_API_KEY: x, OPENAI_BASE_URL: "${KEY}"}]', {
        environment,
      }),
    ).not.toContain(secret)
  })
})
