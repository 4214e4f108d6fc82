import type { Credential } from './credential.js'

/** What is counted. */
export interface Counts {
  /** Answers that went out, by the first digit of their status. */
  answers: number[]
  /** Requests that run at the moment. */
  running: number
}

/** Prometheus' text format: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function metricsText(
  { answers, running }: Counts,
  { tokens, daysLeft, requests }: Credential,
): string {
  const tokenSeconds = Math.max(0, ((tokens.validUntil() ?? 0) - Date.now()) / 1000)
  const lines = [
    ...head('requests_total', 'counter', 'Answers that went out, the ones of its own included'),
    ...[1, 2, 3, 4, 5].map((digit) => `${prefix}requests_total{status="${digit}xx"} ${answers[digit] ?? 0}`),
    ...head('active_requests', 'gauge', 'Requests that run at the moment'),
    `${prefix}active_requests ${running}`,
    ...head('token_requests_total', 'counter', 'Token requests to Entra ID'),
    `${prefix}token_requests_total{outcome="succeeded"} ${requests.succeeded}`,
    `${prefix}token_requests_total{outcome="failed"} ${requests.failed}`,
    ...head('token_valid_seconds', 'gauge', 'Time for which the token held is used; 0 without one'),
    `${prefix}token_valid_seconds ${tokenSeconds.toFixed(0)}`,
    ...head('certificate_days_left', 'gauge', 'Whole days until the certificate ends'),
    `${prefix}certificate_days_left ${daysLeft()}`,
  ]
  return `${lines.join('\n')}\n`
}

const prefix = 'gatehouse_sidecar_'

const head = (name: string, type: string, help: string) => [
  `# HELP ${prefix}${name} ${help}`,
  `# TYPE ${prefix}${name} ${type}`,
]
