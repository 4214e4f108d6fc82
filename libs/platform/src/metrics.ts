import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

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
  return {
    registry,
    operationDuration: new Histogram({
      name: 'gen_ai_client_operation_duration_seconds',
      help: 'Duration of a model call, from the request to the provider to its end',
      labelNames: ['gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model', 'error_type'],
      buckets: seconds,
      registers,
    }),
    timeToFirstChunk: new Histogram({
      name: 'gen_ai_client_operation_time_to_first_chunk_seconds',
      help: 'Time until the first byte of the answer',
      labelNames: ['gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model'],
      buckets: seconds,
      registers,
    }),
    tokenUsage: new Histogram({
      name: 'gen_ai_client_token_usage',
      help: 'Tokens of a call',
      labelNames: [
        'gen_ai_operation_name',
        'gen_ai_provider_name',
        'gen_ai_request_model',
        'gen_ai_token_type',
      ],
      buckets: tokens,
      registers,
    }),
    requestDuration: new Histogram({
      name: 'http_server_request_duration_seconds',
      help: 'Duration of an HTTP request',
      labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
      buckets: seconds,
      registers,
    }),
    cost: new Counter({
      name: 'gatehouse_cost_usd_total',
      help: 'Cost of calls in US dollars, where a price is known',
      labelNames: ['provider', 'model'],
      registers,
    }),
    authenticationFailures: new Counter({
      name: 'gatehouse_auth_failures_total',
      help: 'Requests refused for their credential',
      labelNames: ['reason'],
      registers,
    }),
    activeCalls: new Gauge({
      name: 'gatehouse_active_calls',
      help: 'Model calls that run at the moment',
      registers,
    }),
    spoolPending: new Gauge({
      name: 'gatehouse_spool_pending_records',
      help: 'Records of calls that wait to be written to the database',
      registers,
    }),
  }
}
