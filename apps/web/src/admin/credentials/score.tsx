import type { KeylessScore } from '@gatehouse/contracts'
import { Text } from '@mantine/core'
import { count, percent } from '../../ui/format.ts'
import { Panel } from '../../ui/panel.tsx'
import classes from './score.module.css'

/** How much of the traffic goes without long-lived keys, on both sides. */
export function Score({ score: { inbound, outbound } }: { score: KeylessScore }) {
  return (
    <div className={classes.shares}>
      <Share
        title="Inbound"
        of={inbound}
        words="of the calls of the last 30 days came in without a long-lived key: by a sign-in, or by a token of a trusted issuer."
        none="No calls came in during the last 30 days."
      />
      <Share
        title="Outbound"
        of={outbound}
        words="of the calls of the last 30 days went out to providers without a long-lived key: by a managed or workload identity, a certificate, or with none needed."
        none="No calls went to providers during the last 30 days."
      />
    </div>
  )
}

interface ShareProps {
  title: string
  of: KeylessScore['inbound']
  words: string
  none: string
}

function Share({ title, of: { share, calls, keyless_calls }, words, none }: ShareProps) {
  return (
    <Panel title={title}>
      <div className={classes.share}>{percent(share)}</div>
      <svg className={classes.track} viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden>
        <rect className={classes.rest} width={100} height={8} rx={1} />
        {share !== null && <rect className={classes.keyless} width={share * 100} height={8} rx={1} />}
      </svg>
      <Text size="sm">{share === null ? none : words}</Text>
      {share !== null && (
        <Text size="sm" c="dimmed" mt={4}>
          {count(keyless_calls)} of {count(calls)} calls.
        </Text>
      )}
    </Panel>
  )
}
