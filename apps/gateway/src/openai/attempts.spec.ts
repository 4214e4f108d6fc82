import { AppError, type ErrorCode } from '@gatehouse/contracts'
import { describe, expect, it } from 'vitest'
import { type Attempted, report, tryCandidates } from './attempts.js'
import { Cancellation } from './cancellation.js'
import { Circuit } from './circuit.js'
import type { RoutedCandidate } from './route.js'

const candidate = (model: string, retries = 0, circuit?: Circuit) =>
  ({ provider: 'p', connection: 'default', model, retries, circuit }) as RoutedCandidate

function callOf(first: RoutedCandidate): Attempted & { failed: string[] } {
  const failed: string[] = []
  return {
    candidate: first,
    attempts: 0,
    triedMs: 0,
    askedAt: undefined,
    failedTry: () => {},
    ticket: undefined,
    cancellation: new Cancellation(),
    again: (error) => void failed.push(error.code),
    failed,
  }
}

/** Asks, with each model's failures in order; without one left, it answers. */
async function ask(candidates: RoutedCandidate[], failures: Record<string, (AppError | undefined)[]>) {
  const [first] = candidates
  if (!first) throw new Error('no candidate')
  const call = callOf(first)
  const asked: string[] = []
  const result = await tryCandidates(call, { candidates }, async ({ model }) => {
    asked.push(model)
    const failure = failures[model]?.shift()
    if (failure) throw failure
    call.ticket?.succeeded()
    return model
  }).catch((error: unknown) => {
    // As the pipeline does for the error that ends a call.
    report(call, error)
    return error
  })
  return { call, asked, result }
}

const error = (code: ErrorCode, more?: ConstructorParameters<typeof AppError>[1]) => new AppError(code, more)
const many = (code: ErrorCode, more?: ConstructorParameters<typeof AppError>[1]) =>
  Array.from({ length: 20 }, () => error(code, more))

describe('the attempts of a call', () => {
  it('one candidate without retries is asked once', async () => {
    expect(await ask([candidate('a')], {})).toMatchObject({
      asked: ['a'],
      result: 'a',
      call: { attempts: 1 },
    })
    const failure = error('provider_error')
    expect(await ask([candidate('a')], { a: [failure] })).toMatchObject({ asked: ['a'], result: failure })
  })

  it.each<[ErrorCode, boolean | undefined, asked: string]>([
    ['provider_rate_limited', undefined, 'aab'],
    ['provider_error', undefined, 'aab'],
    ['provider_unreachable', undefined, 'aab'],
    ['upstream_disconnect', undefined, 'aab'],
    // A connect timeout, and 408.
    ['provider_timeout', true, 'aab'],
    ['provider_timeout', undefined, 'ab'],
    ['bad_upstream_response', undefined, 'ab'],
    ['provider_auth_failed', false, 'ab'],
    // No credit: waiting does not help.
    ['provider_rate_limited', false, 'ab'],
    ['provider_error', false, 'ab'],
    ['model_not_found', undefined, 'ab'],
    ['unsupported_by_provider', undefined, 'ab'],
    ['provider_rejected', undefined, 'a'],
    ['request_too_large', undefined, 'a'],
    ['invalid_request', undefined, 'a'],
    ['internal_error', undefined, 'a'],
  ])('F01, F02, F03: after %s (retry: %s) it asks %s', async (code, shouldRetry, expected) => {
    const more = shouldRetry === undefined ? {} : { shouldRetry }
    const { asked, result } = await ask([candidate('a', 1), candidate('b', 1)], { a: many(code, more) })
    expect(asked.join('')).toBe(expected)
    expect(result).toEqual(expected.endsWith('b') ? 'b' : expect.objectContaining({ code }))
  })

  it('throws what the last one failed with, and counts every ask of a provider', async () => {
    const { result, call } = await ask([candidate('a', 1), candidate('b', 1), candidate('c')], {
      a: many('provider_error'),
      b: many('unsupported_by_provider'),
      c: many('model_not_found'),
    })
    expect(result).toMatchObject({ code: 'model_not_found' })
    expect(call.attempts).toBe(3)
    expect(call.failed).toEqual(['provider_error', 'provider_error', 'unsupported_by_provider'])
    expect(call.triedMs).toBeGreaterThan(100)
  })

  it('F01: waits as long as the provider asks where there is nobody else, and up to eight seconds', async () => {
    const began = performance.now()
    const soon = await ask([candidate('a', 1)], {
      a: [error('provider_rate_limited', { retryAfterSeconds: 0.4 })],
    })
    expect(soon).toMatchObject({ asked: ['a', 'a'], result: 'a' })
    expect(performance.now() - began).toBeGreaterThanOrEqual(395)
    const late = await ask([candidate('a', 1)], {
      a: [error('provider_rate_limited', { retryAfterSeconds: 9 })],
    })
    expect(late).toMatchObject({ asked: ['a'], result: { retryAfterSeconds: 9 } })
  })

  it('goes on at once where a provider asks for time and there is another', async () => {
    const circuit = new Circuit()
    const { asked } = await ask([candidate('a', 1, circuit), candidate('b')], {
      a: many('provider_rate_limited', { retryAfterSeconds: 5 }),
    })
    expect(asked).toEqual(['a', 'b'])
    expect(circuit.isOpen).toBe(false)
  })

  it('one call counts once in a circuit, however often it asks', async () => {
    const circuit = new Circuit()
    const failing = () => ask([candidate('a', 2, circuit)], { a: many('provider_error') })
    for (let call = 0; call < 2; call++) expect((await failing()).asked).toHaveLength(3)
    expect(circuit.isOpen).toBe(false)
  })

  it('stops asking a candidate whose circuit opens meanwhile, and the caller’s own faults never open one', async () => {
    const circuit = new Circuit()
    for (let call = 0; call < 10; call++)
      await ask([candidate('a', 0, circuit), candidate('b')], { a: many('provider_rejected') })
    for (let call = 0; call < 10; call++)
      await ask([candidate('a', 0, circuit), candidate('b')], { a: many('model_not_found') })
    expect(circuit.isOpen).toBe(false)
    for (const code of ['provider_auth_failed', 'upstream_redirect'] as const)
      for (let call = 0; call < 10; call++)
        expect((await ask([candidate('a', 0, circuit), candidate('b')], { a: many(code) })).result).toBe('b')
    expect(circuit.isOpen).toBe(false)
    for (let call = 0; call < 4; call++)
      await ask([candidate('a', 0, circuit), candidate('b')], { a: many('provider_error') })
    const { asked } = await ask([candidate('a', 5, circuit), candidate('b')], { a: many('provider_error') })
    expect(asked).toEqual(['a', 'b'])
  })

  it('leaves an open one for last, where it may still answer', async () => {
    const open = new Circuit()
    for (let call = 0; call < 5; call++) open.enter()?.failed(60_000)
    const both = [candidate('a', 1, open), candidate('b', 0, new Circuit())]
    expect(await ask(both, {})).toMatchObject({ asked: ['b'], result: 'b' })
    expect(await ask(both, { b: many('provider_error') })).toMatchObject({ asked: ['b', 'a'], result: 'a' })
    expect(open.isOpen).toBe(false)
  })

  it('F14: asks nobody where every circuit is open, and says when to come back', async () => {
    const circuits = [30_000, 12_000].map((ms) => {
      const circuit = new Circuit()
      for (let call = 0; call < 5; call++) circuit.enter()?.failed(ms)
      return circuit
    })
    const { asked, result, call } = await ask(
      [candidate('a', 1, circuits[0]), candidate('b', 1, circuits[1])],
      {},
    )
    expect(asked).toEqual([])
    expect(call.attempts).toBe(0)
    expect(result).toMatchObject({ code: 'unavailable', status: 503 })
    expect((result as AppError).retryAfterSeconds).toBeGreaterThan(11)
    expect((result as AppError).retryAfterSeconds).toBeLessThanOrEqual(12)
  })

  it('a sole candidate is asked whatever its circuit says', async () => {
    const circuit = new Circuit()
    for (let call = 0; call < 12; call++)
      expect((await ask([candidate('a', 0, circuit)], { a: many('provider_error') })).asked).toEqual(['a'])
    expect(circuit.isOpen).toBe(true)
    expect(await ask([candidate('a', 0, circuit)], {})).toMatchObject({ asked: ['a'], result: 'a' })
    expect(circuit.isOpen).toBe(false)
  })

  it('T62: ends with the call, also while it waits', async () => {
    const both = [candidate('a', 1), candidate('b')]
    const call = callOf(candidate('a'))
    const reason = new Error('gone')
    const asked: string[] = []
    const ended = tryCandidates(call, { candidates: both }, async ({ model }) => {
      asked.push(model)
      setTimeout(() => call.cancellation.abort(reason), 20)
      throw error('provider_error')
    })
    await expect(ended).rejects.toBe(reason)
    expect(asked).toEqual(['a'])
  })
})
