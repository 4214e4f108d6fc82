import type { Metric, Registry } from 'prom-client'

/** Names and values of labels. */
export type Labels = Record<string, string | number>

/** How a metric is declared; see https://prometheus.io/docs/practices/naming/ */
export interface SeriesOptions {
  name: string
  help: string
  registry: Registry
}

/** Series that a metric may have; beyond it values go to one whose labels are all `other`: names come from callers too. */
const maxSeries = 2000

/** A metric whose series are found once and then counted on, without a look at their labels each time. */
abstract class SeriesMetric<Series extends { labels: Labels }> {
  protected readonly all = new Map<string, Series>()

  constructor(
    protected readonly options: SeriesOptions,
    private readonly type: 'counter' | 'histogram',
  ) {
    // The registry asks a metric for its name and `get` alone; its class is of no interest to it.
    options.registry.registerMetric(this as unknown as Metric)
  }

  get name(): string {
    return this.options.name
  }

  protected abstract make(labels: Labels): Series
  protected abstract values(series: Series): { labels: Labels; value: number; metricName?: string }[]

  /** The series of some labels; keep it where it is used often. */
  series(labels: Labels): Series {
    const key = JSON.stringify(labels)
    const known = this.all.get(key)
    if (known) return known
    const full = this.all.size >= maxSeries
    const own = full ? Object.fromEntries(Object.keys(labels).map((name) => [name, 'other'])) : labels
    const series = this.make(own)
    if (!full) this.all.set(key, series)
    else {
      const rest = this.all.get('other')
      if (rest) return rest
      this.all.set('other', series)
    }
    return series
  }

  /** For the registry. */
  async get() {
    const { name, help } = this.options
    const values = [...this.all.values()].flatMap((series) => this.values(series))
    return { name, help, type: this.type, values, aggregator: 'sum' }
  }
}

/** One series of a histogram. */
export class DistributionSeries {
  readonly counts: Float64Array
  sum = 0
  count = 0

  constructor(
    readonly labels: Labels,
    private readonly bounds: readonly number[],
  ) {
    this.counts = new Float64Array(bounds.length)
  }

  observe(value: number): void {
    const { bounds, counts } = this
    let index = 0
    while (index < bounds.length && value > (bounds[index] ?? 0)) index++
    if (index < bounds.length) counts[index] = (counts[index] ?? 0) + 1
    this.sum += value
    this.count++
  }
}

/** A histogram: how many values were at most each of its bounds. */
export class Distribution extends SeriesMetric<DistributionSeries> {
  constructor(
    options: SeriesOptions,
    private readonly bounds: readonly number[],
  ) {
    super(options, 'histogram')
  }

  protected make(labels: Labels): DistributionSeries {
    return new DistributionSeries(labels, this.bounds)
  }

  protected values({ labels, counts, count, sum }: DistributionSeries) {
    const { name } = this.options
    let below = 0
    const buckets = this.bounds.map((bound, index) => {
      below += counts[index] ?? 0
      return { labels: { ...labels, le: bound }, value: below, metricName: `${name}_bucket` }
    })
    return [
      ...buckets,
      { labels: { ...labels, le: '+Inf' }, value: count, metricName: `${name}_bucket` },
      { labels, value: sum, metricName: `${name}_sum` },
      { labels, value: count, metricName: `${name}_count` },
    ]
  }
}

/** One series of a sum. */
export class TotalSeries {
  value = 0

  constructor(readonly labels: Labels) {}

  add(value: number): void {
    this.value += value
  }
}

/** A sum that only grows. */
export class Total extends SeriesMetric<TotalSeries> {
  constructor(options: SeriesOptions) {
    super(options, 'counter')
  }

  protected make(labels: Labels): TotalSeries {
    return new TotalSeries(labels)
  }

  protected values({ labels, value }: TotalSeries) {
    return [{ labels, value }]
  }
}
