import { AppError } from '@gatehouse/contracts'
import type { Candidate, Models } from '@gatehouse/llm'
import { describe, expect, it } from 'vitest'
import type { Alias, Routing, Target } from '../routing/routing.js'
import { createAliases } from './aliases.js'
import { Circuits } from './circuit.js'
import { createRouter } from './router.js'

const client = { complete: () => Promise.reject(new Error()), stream: () => Promise.reject(new Error()) }

/** What was asked for stands in the candidate's price list. */
const models = {
  resolve: (provider: unknown, model = '', options?: object): Candidate[] => {
    if (provider === 'off') throw new AppError('provider_not_configured')
    const { connection = 'default', ...more } = { connection: undefined, ...options }
    const made = { provider: String(provider), connection: connection ?? 'default', model }
    return [{ ...made, priceList: JSON.stringify(more), client, relay: undefined } as unknown as Candidate]
  },
  providerId: () => {
    throw new AppError('unsupported_provider')
  },
  status: () => [],
  having: () => [],
} as unknown as Models

const to = (model: string, provider = 'p', connection?: string): Target => ({ provider, connection, model })
const alias = (id: string, more: Partial<Alias>): Alias => ({
  id,
  candidates: [],
  fallbacks: [],
  retries: undefined,
  timeouts: undefined,
  ...more,
})
const even = (...targets: Target[]) => targets.map((target) => ({ weight: 1, target }))
const build = (aliases: Alias[], more: Partial<Routing> = {}): Routing => ({
  file: 'f',
  refersTo: new Set(),
  connections: [],
  retries: 1,
  timeouts: undefined,
  issuers: [],
  aliases,
  prices: [],
  ...more,
})

describe('an alias', () => {
  it('is chosen by weight: of 1000 calls, each candidate has its share, and the others follow', () => {
    const candidates = [6, 3, 1].map((weight, index) => ({ weight, target: to(`m${index}`) }))
    const aliases = createAliases(
      build([alias('a', { candidates, fallbacks: [to('f1'), to('f2')] })]),
      models,
      new Circuits(),
    )
    const first = new Map<string, number>()
    for (let call = 0; call < 1000; call++) {
      const names = aliases.route('a')?.candidates.map(({ model }) => model) ?? []
      expect([...names.slice(0, 3)].sort()).toEqual(['m0', 'm1', 'm2'])
      expect(names.slice(3)).toEqual(['f1', 'f2'])
      first.set(names[0] ?? '', (first.get(names[0] ?? '') ?? 0) + 1)
    }
    // Six times the standard deviation.
    for (const [model, share] of [
      ['m0', 600],
      ['m1', 300],
      ['m2', 100],
    ] as const)
      expect(Math.abs((first.get(model) ?? 0) - share), model).toBeLessThan(95)
  })

  it('takes the ends of the scale of chance', () => {
    for (const [chance, model] of [
      [0, 'm0'],
      [0.49, 'm0'],
      [0.5, 'm1'],
      [0.999999, 'm1'],
      [1, 'm1'],
    ] as const) {
      const routing = build([alias('a', { candidates: even(to('m0'), to('m1')) })])
      const chosen = createAliases(routing, models, new Circuits(), () => chance).route('a')
      expect(chosen?.candidates[0]?.model).toBe(model)
    }
  })

  it('leads through others, and what stands nearest to a model holds for it', () => {
    const inner = alias('inner', {
      candidates: even(to('m')),
      fallbacks: [to('n')],
      retries: 0,
      timeouts: { firstByteMs: 600_000 },
    })
    const outer = alias('outer', {
      candidates: even({ alias: inner }),
      fallbacks: [to('o', 'p', 'eu'), to('m')],
      timeouts: { idleMs: 10, firstByteMs: 20 },
    })
    const aliases = createAliases(
      build([outer, inner], { retries: 2, timeouts: { connectMs: 5 } }),
      models,
      new Circuits(),
    )
    const route = aliases
      .route('outer')
      ?.candidates.map(({ model, connection, retries, priceList }) => [
        model,
        connection,
        retries,
        JSON.parse(priceList ?? '').timeouts,
      ])
    const within = { connectMs: 5, idleMs: 10, firstByteMs: 600_000 }
    expect(route).toEqual([
      ['m', 'default', 0, within],
      ['n', 'default', 0, within],
      ['o', 'eu', 2, { connectMs: 5, idleMs: 10, firstByteMs: 20 }],
    ])
    expect(aliases.list()).toEqual([
      { id: 'outer', candidates: [to('m'), to('n'), to('o', 'p', 'eu')] },
      { id: 'inner', candidates: [to('m'), to('n')] },
    ])
  })

  it('leaves out what is not on, and says why where nothing is', () => {
    const aliases = createAliases(
      build([
        alias('some', { candidates: even(to('m', 'off'), to('n')) }),
        alias('none', { candidates: even(to('m', 'off')) }),
      ]),
      models,
      new Circuits(),
    )
    expect(aliases.route('some')?.candidates.map(({ model }) => model)).toEqual(['n'])
    expect(() => aliases.route('none')).toThrow(expect.objectContaining({ code: 'provider_not_configured' }))
    for (const name of ['other', '__proto__', 'constructor']) expect(aliases.route(name)).toBeUndefined()
  })

  it('shares the circuit of a connection and model with whoever asks for that by its own name', () => {
    const named = {
      ...models,
      providerId: (name: unknown) => {
        if (name !== 'p') throw new AppError('unsupported_provider')
        return 'p'
      },
    } as Models
    const router = createRouter(named, build([alias('a', { candidates: even(to('m')) })]))
    const circuit = router.byName('a', undefined).candidates[0]?.circuit
    expect(circuit).toBeDefined()
    expect(router.byName('p/m', undefined).candidates[0]).toMatchObject({ circuit, retries: 1 })
    expect(router.byName('p/other', undefined).candidates[0]?.circuit).toBeUndefined()
    expect(router.aliases().map(({ id }) => id)).toEqual(['a'])
    const bare = createRouter(named)
    expect(bare.byName('p/m', undefined).candidates[0]).toMatchObject({ circuit: undefined, retries: 0 })
    expect(bare.aliases()).toEqual([])
    expect(() => bare.byName('a', undefined)).toThrow(AppError)
  })
})
