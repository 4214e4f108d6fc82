import type { UsageFigures } from '@gatehouse/contracts'

/** Sums as the database gives them; `cost` has ten decimal places. */
export interface SummedRow {
  calls: number
  failed: number
  aborted: number
  unpriced: number
  inputTokens: number
  outputTokens: number
  cachedTokens: number
  reasoningTokens: number
  cost: string
  latencyMs: number
  timed: number
}

const places = 10

/** Adds rows up exactly: money as whole numbers of the last decimal place, so that parts and totals agree to it. */
export class FigureSum {
  private readonly sum = {
    calls: 0,
    failed: 0,
    aborted: 0,
    unpriced: 0,
    inputTokens: 0,
    outputTokens: 0,
    cachedTokens: 0,
    reasoningTokens: 0,
    latencyMs: 0,
    timed: 0,
  }
  private cost = 0n

  add(row: SummedRow): this {
    for (const name of Object.keys(this.sum) as (keyof FigureSum['sum'])[]) this.sum[name] += row[name]
    this.cost += unitsOf(row.cost)
    return this
  }

  figures(): UsageFigures {
    const { sum } = this
    return {
      calls: sum.calls,
      failed_calls: sum.failed,
      aborted_calls: sum.aborted,
      unpriced_calls: sum.unpriced,
      input_tokens: sum.inputTokens,
      output_tokens: sum.outputTokens,
      cached_tokens: sum.cachedTokens,
      reasoning_tokens: sum.reasoningTokens,
      total_tokens: sum.inputTokens + sum.outputTokens,
      total_cost: decimalOf(this.cost),
      average_latency_ms: sum.timed === 0 ? null : Math.round(sum.latencyMs / sum.timed),
    }
  }
}

function unitsOf(decimal: string): bigint {
  const [whole = '0', fraction = ''] = decimal.split('.')
  return BigInt(whole + fraction.padEnd(places, '0').slice(0, places))
}

function decimalOf(units: bigint): string {
  const digits = String(units < 0n ? -units : units).padStart(places + 1, '0')
  return `${units < 0n ? '-' : ''}${digits.slice(0, -places)}.${digits.slice(-places)}`
}
