import { Histogram, Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { Distribution, Total } from './series.js'

describe('a metric', () => {
  it('of values is shown as prom-client shows its own', async () => {
    const bounds = [0.1, 1, 10]
    const [ours, theirs] = [new Registry(), new Registry()]
    const mine = new Distribution({ name: 'a_seconds', help: 'A "thing"', registry: ours }, bounds)
    const other = new Histogram({
      name: 'a_seconds',
      help: 'A "thing"',
      labelNames: ['model'],
      buckets: bounds,
      registers: [theirs],
    })
    for (const [model, value] of [
      ['x', 0.1],
      ['x', 0.11],
      ['y"\n', 100],
      ['x', 9],
    ] as const) {
      mine.series({ model }).observe(value)
      other.observe({ model }, value)
    }
    const lines = async (registry: Registry) => (await registry.metrics()).split('\n').map(sorted).sort()
    expect(await lines(ours)).toEqual(await lines(theirs))
  })

  it('that is a sum adds up by its labels', async () => {
    const registry = new Registry()
    const total = new Total({ name: 'b_total', help: 'B', registry })
    total.series({ model: 'x' }).add(0.5)
    total.series({ model: 'x' }).add(1)
    total.series({ model: 'y' }).add(2)
    const text = await registry.metrics()
    expect(text).toContain('b_total{model="x"} 1.5')
    expect(text).toContain('b_total{model="y"} 2')
  })

  it('has an end to its series, whatever names callers make up', async () => {
    const registry = new Registry()
    const total = new Total({ name: 'c_total', help: 'C', registry })
    for (let index = 0; index < 5000; index++) total.series({ model: `m${index}` }).add(1)
    const text = await registry.metrics()
    expect(text.split('\n').length).toBeLessThan(2100)
    expect(text).toContain('c_total{model="other"} 3000')
  })
})

/** Labels in the order of their names. */
function sorted(line: string): string {
  return line.replace(
    /\{(.*)\}/,
    (_, labels: string) =>
      `{${labels
        .split(/,(?=\w+=")/)
        .sort()
        .join(',')}}`,
  )
}
