import type { CredentialView } from '@gatehouse/contracts'
import { Anchor, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Ago } from '../../ui/figures.tsx'
import { count } from '../../ui/format.ts'
import { type Column, Records } from '../../ui/records.tsx'
import { Status } from '../../ui/status.tsx'
import { RevokeKey } from '../account/revoke-key.tsx'
import { ageWords, kindWords, remarks, usedThisHour } from './credential-words.ts'

interface CredentialRecordsProps {
  rows: readonly CredentialView[]
  onRevoked: () => Promise<unknown>
}

const columns: Column<CredentialView>[] = [
  { key: 'name', header: 'Credential', primary: true, cell: (row) => <Named credential={row} /> },
  { key: 'side', header: 'Side', cell: ({ side }) => (side === 'inbound' ? 'Inbound' : 'Outbound') },
  {
    key: 'kind',
    header: 'Kind',
    cell: ({ kind, keyless }) => (
      <div>
        {kindWords(kind)}
        <Text size="xs" c="dimmed">
          {keyless ? 'keyless' : 'a secret to keep'}
        </Text>
      </div>
    ),
  },
  {
    key: 'age',
    header: 'Age',
    cell: ({ age_days }) => <span className="tabular">{ageWords(age_days)}</span>,
  },
  { key: 'ends', header: 'Ends', cell: ({ expires_at }) => <Ago at={expires_at} never="—" /> },
  {
    key: 'used',
    header: 'Last used',
    cell: (row) => (usedThisHour(row) ? 'within the hour' : <Ago at={row.last_used_at} never="—" />),
  },
]

/** Credentials of both sides; keys of people and programs can be ended here. */
export function CredentialRecords({ rows, onRevoked }: CredentialRecordsProps) {
  return (
    <Records
      label="Credentials"
      rows={rows}
      keyOf={({ id }) => id}
      columns={[
        ...columns,
        {
          key: 'actions',
          header: 'Actions',
          align: 'right',
          cell: ({ id, name, owner }) => owner && <RevokeKey id={id} name={name} onRevoked={onRevoked} />,
        },
      ]}
    />
  )
}

function Named({ credential }: { credential: CredentialView }) {
  const { name, source, owner, connection, count: how, problem } = credential
  const about = [
    source !== name && source,
    connection !== null && connection !== 'default' && connection !== name && `connection ${connection}`,
    how > 1 && `${count(how)} of them`,
  ].filter(Boolean)
  return (
    <div>
      {name}
      {(about.length > 0 || owner) && (
        <Text size="xs" c="dimmed" fw={400} component="div">
          {about.join(' · ')}
          {owner && (
            <>
              {about.length > 0 && ' · '}
              <Anchor
                fz="inherit"
                aria-label={`of a ${owner.type === 'user' ? 'person' : 'service account'}, the owner of ${name}`}
                renderRoot={(props) => (
                  <Link
                    to={owner.type === 'user' ? '/admin/users/$id' : '/admin/service-accounts/$id'}
                    params={{ id: owner.id }}
                    {...props}
                  />
                )}
              >
                {owner.type === 'user' ? 'of a person' : 'of a service account'}
              </Anchor>
            </>
          )}
        </Text>
      )}
      {remarks(credential).map((said) => (
        <div key={said}>
          <Status kind="warn">{said}</Status>
        </div>
      ))}
      {problem !== null && (
        <Text size="xs" fw={400} c="var(--gate-bad)">
          {problem}
        </Text>
      )}
    </div>
  )
}
