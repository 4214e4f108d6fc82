import type { SystemStatus } from '@gatehouse/contracts'
import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTimeZone } from '../../time-zone.ts'
import { Page } from '../../ui/page.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Failure, Waiting } from '../../ui/states.tsx'
import { shortMoment } from '../audit/short-moment.ts'
import { Settings } from './settings.tsx'
import classes from './status.module.css'
import { DatabaseFacts, NowFacts, PeersFacts, ProcessFacts } from './status-facts.tsx'
import { statusQuery } from './status-query.ts'

/** How the gateway stands, and how it is set. */
export function StatusPage() {
  const { data, error, refetch, dataUpdatedAt } = useQuery(statusQuery)
  const [zone] = useTimeZone()
  const at = dataUpdatedAt === 0 ? null : shortMoment(new Date(dataUpdatedAt).toISOString(), zone)
  return (
    <Page
      title="System"
      description={
        <>
          Of the process that answers; asked again every 10 seconds.{' '}
          {at !== null && <span className="tabular">As of {at}.</span>}
        </>
      }
    >
      {error && (
        <div style={{ marginBottom: '1.25rem' }}>
          <Failure error={error} retry={() => void refetch()} />
        </div>
      )}
      {data ? (
        <Content status={data} />
      ) : error ? null : (
        <>
          <div className={classes.grid}>
            {['process', 'database', 'now', 'peers'].map((name) => (
              <Panel key={name} flush>
                <Waiting rows={6} height={34} />
              </Panel>
            ))}
          </div>
          <Panel flush>
            <Waiting rows={8} height={48} />
          </Panel>
        </>
      )}
    </Page>
  )
}

function Content({ status }: { status: SystemStatus }) {
  return (
    <>
      {status.warnings.length > 0 && (
        <div className={classes.grid}>
          <Panel title="What the start said of the configuration">
            <ul className={classes.warnings}>
              {status.warnings.map((warning) => (
                <li key={warning}>
                  <Text size="sm">{warning}</Text>
                </li>
              ))}
            </ul>
          </Panel>
        </div>
      )}
      <div className={classes.grid}>
        <div className={classes.stack}>
          <Panel title="Gatehouse">
            <ProcessFacts status={status} />
          </Panel>
          <Panel title="Now">
            <NowFacts status={status} />
          </Panel>
        </div>
        <div className={classes.stack}>
          <Panel title="Database">
            <DatabaseFacts status={status} />
          </Panel>
          <Panel title="Providers and issuers">
            <PeersFacts status={status} />
          </Panel>
        </div>
      </div>
      <Settings settings={status.settings} />
    </>
  )
}
