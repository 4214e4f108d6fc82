import { createMetrics } from '@gatehouse/platform'
import { describe, expect, it } from 'vitest'
import { createCallMetrics, type Measured } from './call-metrics.js'

describe('the metrics of calls', () => {
  const call: Measured = {
    operation: 'chat',
    provider: 'openai',
    model: 'gpt-5',
    status: 'success',
    errorCode: null,
    streamed: false,
    inputTokens: 12,
    outputTokens: 9,
    costUsd: 0.5,
    latencyMs: 20,
    firstByteMs: null,
  }

  it('have a series for a model that answered, and none for a name that a caller made up', async () => {
    const metrics = createMetrics()
    const measure = createCallMetrics(metrics)
    measure(call)
    measure({ ...call, model: 'made-up-1', operation: 'proxy' })
    measure({ ...call, model: 'made-up-2', inputTokens: 0, outputTokens: 0 })
    measure({ ...call, model: 'made-up-3', status: 'error', errorCode: 'model_not_found' })
    const text = await metrics.registry.metrics()
    expect(text).toContain('gpt-5')
    expect(text).not.toContain('made-up')
    expect(text).toContain('gen_ai_operation_name="proxy"')
  })
})
