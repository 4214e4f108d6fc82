import type { HistoryDetail } from '@gatehouse/contracts'
import { Stack, Title } from '@mantine/core'
import { CodeBlock } from '../ui/code-block.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { count, duration, usd } from '../ui/format.ts'
import classes from './call-drawer.module.css'
import { keyName, viaConnection } from './call-words.ts'

/** Time, tokens by class, cost, and by what it can be found again. */
export function CallFacts({ call }: { call: HistoryDetail }) {
  const { usage, latency_ms, first_byte_ms, parameters } = call
  return (
    <>
      <Stack component="section" gap="sm" aria-label="Figures">
        <Title order={3}>Figures</Title>
        <dl className={classes.figures}>
          <Figure
            name="Cost"
            value={usd(call.cost_usd)}
            detail={call.cost_usd === null ? 'no price known' : undefined}
          />
          <Figure name="Whole call" value={duration(latency_ms)} detail={rate(call)} />
          <Figure name="First byte" value={duration(first_byte_ms)} />
          <Figure
            name="Input tokens"
            value={count(usage.input_tokens)}
            detail={of(usage.cached_tokens, 'cached')}
          />
          <Figure
            name="Output tokens"
            value={count(usage.output_tokens)}
            detail={of(usage.reasoning_tokens, 'reasoning')}
          />
        </dl>
      </Stack>
      <Stack component="section" gap="sm" aria-label="Details">
        <Title order={3}>Details</Title>
        <dl className={classes.facts}>
          <Fact name="Request id" value={call.request_id} copied />
          <Fact name="Call id" value={call.id} copied />
          <Fact name="Endpoint" value={`${call.endpoint}${call.streamed ? ', streamed' : ''}`} />
          <Fact name="Provider" value={viaConnection(call.provider, call)} />
          <Fact name="Model" value={call.model} />
          <Fact name="Key" value={call.key ? `${call.key.name} (${call.key.prefix}…)` : keyName(call)} />
          {call.finish_reason !== null && <Fact name="Finish reason" value={call.finish_reason} />}
          {usage.estimated && (
            <Fact name="Tokens" value="Counted by the gateway: the provider told no figures." />
          )}
        </dl>
        {parameters !== null && Object.keys(parameters).length > 0 && (
          <CodeBlock code={JSON.stringify(parameters, null, 2)} label="Parameters" />
        )}
      </Stack>
    </>
  )
}

/** Tokens per second once it had begun to answer. */
function rate({ usage, latency_ms, first_byte_ms, streamed }: HistoryDetail): string | undefined {
  if (!streamed || latency_ms === null || first_byte_ms === null) return undefined
  const seconds = (latency_ms - first_byte_ms) / 1000
  if (seconds < 0.05 || usage.output_tokens < 2) return undefined
  return `${count(Math.round(usage.output_tokens / seconds))} tokens/s`
}

const of = (part: number, words: string): string | undefined =>
  part === 0 ? undefined : `${count(part)} ${words}`

function Figure({ name, value, detail }: { name: string; value: string; detail?: string | undefined }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {value}
        {detail !== undefined && <small>{detail}</small>}
      </dd>
    </div>
  )
}

function Fact({ name, value, copied = false }: { name: string; value: string; copied?: boolean }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        {copied ? (
          <span className={classes.id}>
            {value}
            <CopyButton value={value} label={`Copy: ${name}`} />
          </span>
        ) : (
          value
        )}
      </dd>
    </>
  )
}
