import type { Metrics } from '@gatehouse/platform'
import type { CallEnd } from '@gatehouse/usage'

/** Figures of a call that has ended. */
export interface Measured extends Pick<CallEnd, 'status' | 'errorCode' | 'inputTokens' | 'outputTokens'> {
  operation: string
  provider: string
  model: string
  streamed: boolean
  costUsd: number | null
  latencyMs: number
  firstByteMs: number | null
}

/** Counts calls by the OpenTelemetry GenAI conventions; the series of a model are looked up once. */
export function createCallMetrics(metrics: Metrics): (call: Measured) => void {
  const known = new Map<string, ReturnType<typeof seriesOf>>()
  const seriesOf = (operation: string, provider: string, model: string) => {
    const labels = {
      gen_ai_operation_name: operation,
      gen_ai_provider_name: provider,
      gen_ai_request_model: model,
    }
    return {
      duration: metrics.operationDuration.series({ ...labels, error_type: '' }),
      firstChunk: metrics.timeToFirstChunk.series(labels),
      input: metrics.tokenUsage.series({ ...labels, gen_ai_token_type: 'input' }),
      output: metrics.tokenUsage.series({ ...labels, gen_ai_token_type: 'output' }),
      cost: metrics.cost.series({ provider, model }),
    }
  }

  return (call) => {
    const { operation, provider, latencyMs, firstByteMs } = call
    // Where nothing was counted, or the answer is whatever the provider says, a success does not prove that there is
    // such a model: a name that a caller makes up must not become a series.
    const isProven = operation !== 'proxy' && call.inputTokens + call.outputTokens > 0
    const model = isProven ? call.model : ''
    if (call.status !== 'success') {
      // A name that no provider has answered to is a caller's invention: it must not become a series.
      const labels = {
        gen_ai_operation_name: operation,
        gen_ai_provider_name: provider,
        gen_ai_request_model: '',
        error_type: call.errorCode ?? '',
      }
      metrics.operationDuration.series(labels).observe(latencyMs / 1000)
      return
    }
    const key = `${operation} ${provider} ${model}`
    let series = known.get(key)
    if (!series) {
      series = seriesOf(operation, provider, model)
      if (known.size < 1000) known.set(key, series)
    }
    series.duration.observe(latencyMs / 1000)
    if (call.streamed && firstByteMs !== null) series.firstChunk.observe(firstByteMs / 1000)
    series.input.observe(call.inputTokens)
    series.output.observe(call.outputTokens)
    if (call.costUsd !== null) series.cost.add(call.costUsd)
  }
}
