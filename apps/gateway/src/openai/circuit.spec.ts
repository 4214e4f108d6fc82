import { beforeEach, describe, expect, it } from 'vitest'
import { Circuit, Circuits } from './circuit.js'

describe('a circuit', () => {
  let now = 0
  let circuit: Circuit
  beforeEach(() => {
    now = 1_000
    circuit = new Circuit(() => now)
  })
  const fail = (times: number, cooldownMs?: number) => {
    for (let index = 0; index < times; index++) circuit.enter()?.failed(cooldownMs)
  }

  it('F04: opens after five failures in a row, and a success between them starts the count anew', () => {
    fail(4)
    circuit.enter()?.succeeded()
    fail(4)
    expect(circuit.isOpen).toBe(false)
    fail(1)
    expect(circuit.isOpen).toBe(true)
    expect(circuit.enter()).toBeNull()
    expect(circuit.waitMs()).toBeGreaterThanOrEqual(3_750)
    expect(circuit.waitMs()).toBeLessThanOrEqual(5_000)
  })

  it('opens for as long as the provider asks, and never for longer than a minute', () => {
    fail(4, 86_400_000)
    expect(circuit.isOpen).toBe(false)
    fail(1, 2_000)
    expect(circuit.waitMs()).toBe(2_000)
    now += 1_999
    expect(circuit.enter()).toBeNull()
    now += 1
    const probe = circuit.enter()
    expect(probe).not.toBeNull()
    probe?.failed(86_400_000)
    expect(circuit.waitMs()).toBe(60_000)
  })

  it('half open lets one call try, whose success closes it', () => {
    fail(5)
    now += circuit.waitMs()
    const probe = circuit.enter()
    expect(probe).not.toBeNull()
    expect(circuit.enter()).toBeNull()
    probe?.succeeded()
    expect(circuit.isOpen).toBe(false)
    fail(4)
    expect(circuit.isOpen).toBe(false)
  })

  it('F04: an answer that has begun starts the count anew, also where it breaks', () => {
    fail(4)
    const begun = circuit.enter()
    begun?.accepted()
    begun?.failed()
    fail(3)
    expect(circuit.isOpen).toBe(false)
    fail(1)
    expect(circuit.isOpen).toBe(true)
  })

  it('waits longer after each probe that fails, up to a minute', () => {
    fail(5)
    const waits: number[] = []
    for (let round = 0; round < 6; round++) {
      waits.push(circuit.waitMs())
      now += circuit.waitMs()
      circuit.enter()?.failed()
    }
    for (const [index, wait] of waits.entries()) {
      const most = Math.min(60_000, 5_000 * 2 ** index)
      expect(wait).toBeLessThanOrEqual(most + 0.001)
      expect(wait).toBeGreaterThanOrEqual(most * 0.7)
    }
  })

  it('closes as soon as a probe is answered, and opens again where that answer breaks', () => {
    fail(5)
    now += circuit.waitMs()
    const probe = circuit.enter()
    probe?.accepted()
    expect(circuit.isOpen).toBe(false)
    expect(circuit.enter()).not.toBeNull()
    probe?.failed()
    expect(circuit.isOpen).toBe(true)
  })

  it('a probe that its caller leaves, or that hangs, does not keep the others out', () => {
    fail(5)
    now += circuit.waitMs()
    circuit.enter()?.left()
    expect(circuit.enter()).not.toBeNull()
    expect(circuit.enter()).toBeNull()
    now += 60_000
    expect(circuit.enter()).not.toBeNull()
  })

  it('what was asked before it opened neither closes it nor makes it wait longer', () => {
    const early = [circuit.enter(), circuit.enter(), circuit.enter()]
    fail(5, 10_000)
    early[0]?.succeeded()
    early[1]?.accepted()
    early[2]?.failed()
    expect(circuit.isOpen).toBe(true)
    expect(circuit.waitMs()).toBe(10_000)
  })

  it('one that has no choice may ask all the same: its success closes, its failure changes nothing', () => {
    fail(5, 10_000)
    circuit.force().failed()
    expect(circuit.waitMs()).toBe(10_000)
    circuit.force().succeeded()
    expect(circuit.isOpen).toBe(false)
  })

  it('is one for each connection and model that is named, and for no other', () => {
    const circuits = new Circuits()
    const way = { provider: 'openai', connection: 'eu', model: 'gpt' }
    expect(circuits.find(way)).toBeUndefined()
    const made = circuits.of(way)
    expect(circuits.of({ ...way })).toBe(made)
    expect(circuits.find({ ...way })).toBe(made)
    for (const other of [{ connection: 'us' }, { model: 'o3' }, { provider: 'azure' }])
      expect(circuits.find({ ...way, ...other })).toBeUndefined()
  })
})
