import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { Distribution, Total } from './series.js'

/** Seconds, doubling, as the OpenTelemetry GenAI conventions advise. */
const seconds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
/** Tokens, by powers of four. */
const tokens = [
  1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
]

/** What the gateway measures; no user, key or prompt is ever a label. */
export type Metrics = ReturnType<typeof createMetrics>

/**
 * Prometheus metrics, named after https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/ with dots as
 * underscores and the unit as a suffix; our own begin with `gatehouse_`.
 */
export function createMetrics() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  /** A gauge that is read when it is asked for. */
  const watched = (name: string, help: string) => {
    let read = () => 0
    const gauge: Gauge = new Gauge({ name, help, registers, collect: (): void => gauge.set(read()) })
    return {
      watch(by: () => number) {
        read = by
      },
    }
  }
  const distribution = (name: string, help: string, bounds: readonly number[]) =>
    new Distribution({ name, help, registry }, bounds)
  return {
    registry,
    /** Labels: gen_ai_operation_name, gen_ai_provider_name, gen_ai_request_model, error_type. */
    operationDuration: distribution(
      'gen_ai_client_operation_duration_seconds',
      'Duration of a model call, from the request to the provider to its end',
      seconds,
    ),
    /** Labels: gen_ai_operation_name, gen_ai_provider_name, gen_ai_request_model. */
    timeToFirstChunk: distribution(
      'gen_ai_client_operation_time_to_first_chunk_seconds',
      'Time until the first byte of an answer that is streamed',
      seconds,
    ),
    /** Labels: those of timeToFirstChunk, and gen_ai_token_type. */
    tokenUsage: distribution('gen_ai_client_token_usage', 'Tokens of a call', tokens),
    /** Labels: http_request_method, http_route, http_response_status_code. */
    requestDuration: distribution(
      'http_server_request_duration_seconds',
      'Duration of an HTTP request',
      seconds,
    ),
    /** Labels: provider, model. */
    cost: new Total({
      name: 'gatehouse_cost_usd_total',
      help: 'Cost of calls in US dollars, where a price is known',
      registry,
    }),
    authenticationFailures: new Counter({
      name: 'gatehouse_auth_failures_total',
      help: 'Requests refused for their credential',
      labelNames: ['reason'],
      registers,
    }),
    activeCalls: watched('gatehouse_active_calls', 'Model calls that run at the moment'),
    spoolPending: watched(
      'gatehouse_spool_pending_records',
      'Records of calls that wait to be written to the database',
    ),
  }
}
