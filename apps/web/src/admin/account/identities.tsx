import { Text } from '@mantine/core'
import { day } from '../../ui/format.ts'
import { Panel } from '../../ui/panel.tsx'
import { type Column, Records } from '../../ui/records.tsx'
import { Status } from '../../ui/status.tsx'
import { Verbatim } from '../facts.tsx'
import { OneLine } from '../one-line.tsx'
import { providerName } from '../provider-name.ts'

interface Identity {
  provider: string
  issuer: string
  subject: string
  linked_at: string
  /** Of a person alone. */
  email?: string | null
  email_verified?: boolean
}

const columns: Column<Identity>[] = [
  {
    key: 'provider',
    header: 'Vouched for by',
    primary: true,
    cell: ({ provider, issuer }) => (
      <div>
        {providerName(provider, issuer)}
        <Text size="xs" c="dimmed" fw={400}>
          {issuer}
        </Text>
      </div>
    ),
  },
  {
    key: 'subject',
    header: 'As',
    cell: ({ subject, email, email_verified }) => (
      <div>
        <Verbatim>{subject}</Verbatim>
        {email && (
          <>
            <div>{email}</div>
            {email_verified ? (
              <Status kind="good">E-mail verified</Status>
            ) : (
              <Status kind="warn">E-mail not verified</Status>
            )}
          </>
        )}
      </div>
    ),
  },
  { key: 'linked', header: 'Since', cell: ({ linked_at }) => <OneLine>{day(linked_at)}</OneLine> },
]

/** By whom an account is vouched for. */
export function Identities({ identities }: { identities: readonly Identity[] }) {
  return (
    <Panel flush title="Identities">
      <Records
        label="Identities"
        rows={identities}
        keyOf={({ issuer, subject }) => `${issuer} ${subject}`}
        columns={columns}
      />
    </Panel>
  )
}
