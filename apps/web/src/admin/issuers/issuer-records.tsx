import type { IssuerList } from '@gatehouse/contracts'
import { Text } from '@mantine/core'
import { Ago } from '../../ui/figures.tsx'
import { type Column, Records } from '../../ui/records.tsx'
import { Status } from '../../ui/status.tsx'
import { Verbatim } from '../facts.tsx'

type Issuer = IssuerList['data'][number]

const columns: Column<Issuer>[] = [
  {
    key: 'name',
    header: 'Issuer',
    primary: true,
    cell: ({ name, issuer, introspection }) => (
      <div>
        {name}
        <Text size="xs" c="dimmed" fw={400}>
          {issuer}
        </Text>
        {introspection && (
          <Text size="xs" c="dimmed" fw={400}>
            Asked about opaque tokens too.
          </Text>
        )}
      </div>
    ),
  },
  {
    key: 'audiences',
    header: 'Audiences',
    cell: ({ audiences }) => <Verbatim>{audiences.join(', ') || '—'}</Verbatim>,
  },
  {
    key: 'state',
    header: 'State',
    cell: ({ state, problem }) => (
      <div>
        {state === 'ok' && <Status kind="good">Answers</Status>}
        {state === 'degraded' && <Status kind="bad">Does not answer</Status>}
        {state === 'not_asked' && (
          <>
            <Status kind="off">Not asked yet</Status>
            <Text size="xs" c="dimmed">
              The first token of it asks.
            </Text>
          </>
        )}
        {problem !== null && (
          <Text size="xs" c="dimmed">
            {problem}
          </Text>
        )}
      </div>
    ),
  },
  {
    key: 'answered',
    header: 'Last answer',
    cell: ({ answered_at }) => <Ago at={answered_at} never="none yet" />,
  },
]

/** Trusted issuers, and whether each answers. */
export function IssuerRecords({ issuers }: { issuers: readonly Issuer[] }) {
  return <Records label="Trusted issuers" columns={columns} rows={issuers} keyOf={({ id }) => id} />
}
