import type { RecentUsage as Usage } from '@gatehouse/contracts'
import { Text } from '@mantine/core'
import { Amount, Usd } from '../../ui/figures.tsx'
import { count } from '../../ui/format.ts'
import { Panel } from '../../ui/panel.tsx'
import { Records } from '../../ui/records.tsx'
import { Bars } from './bars.tsx'
import classes from './recent-usage.module.css'

/** What somebody used within 30 days. */
export function RecentUsage({ usage: { totals, days, models } }: { usage: Usage }) {
  return (
    <Panel title="Usage" description="The last 30 days, by days in UTC.">
      {totals.calls === 0 ? (
        <Text size="sm" c="dimmed">
          No calls in this time.
        </Text>
      ) : (
        <>
          <dl className={classes.figures}>
            <div>
              <dt>Cost</dt>
              <dd>
                <Usd amount={totals.unpriced_calls === totals.calls ? null : totals.total_cost} />
                {totals.unpriced_calls > 0 && (
                  <span className={classes.note}>{count(totals.unpriced_calls)} calls without a price</span>
                )}
              </dd>
            </div>
            <div>
              <dt>Calls</dt>
              <dd>
                <Amount value={totals.calls} />
                {totals.failed_calls > 0 && (
                  <span className={classes.note}>{count(totals.failed_calls)} failed</span>
                )}
              </dd>
            </div>
            <div>
              <dt>Tokens</dt>
              <dd>
                <Amount value={totals.total_tokens} />
              </dd>
            </div>
          </dl>
          <Bars days={days} />
          <div className={classes.models}>
            <Records
              label="Most used models"
              rows={models}
              keyOf={({ provider, model }) => `${provider}/${model}`}
              columns={[
                {
                  key: 'model',
                  header: 'Model',
                  primary: true,
                  cell: ({ provider, model }) => `${provider}/${model}`,
                },
                {
                  key: 'calls',
                  header: 'Calls',
                  align: 'right',
                  cell: ({ calls }) => <Amount value={calls} />,
                },
                {
                  key: 'tokens',
                  header: 'Tokens',
                  align: 'right',
                  cell: ({ tokens }) => <Amount value={tokens} />,
                },
                { key: 'cost', header: 'Cost', align: 'right', cell: ({ cost }) => <Usd amount={cost} /> },
              ]}
            />
          </div>
        </>
      )}
    </Panel>
  )
}
