import type { SessionView } from '@gatehouse/contracts'
import { Button, Text } from '@mantine/core'
import { useState } from 'react'
import { request } from '../../api/request.ts'
import { deviceOf } from '../../ui/device.ts'
import { Ago } from '../../ui/figures.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Records } from '../../ui/records.tsx'
import { done } from '../../ui/toast.ts'
import { Ask } from '../ask.tsx'
import { providerName } from '../provider-name.ts'
import { pathOf } from './user-queries.ts'

interface SessionsProps {
  userId: string
  sessions: readonly SessionView[]
  onChange: () => Promise<unknown>
}

/** Where somebody is signed in; each can be ended. */
export function Sessions({ userId, sessions, onChange }: SessionsProps) {
  const [ending, setEnding] = useState<SessionView | null>(null)
  return (
    <Panel flush title="Sessions" description={sessions.length === 50 ? 'The newest 50.' : undefined}>
      {sessions.length === 0 ? (
        <Text size="sm" c="dimmed" px="lg" pb="lg">
          They are signed in nowhere.
        </Text>
      ) : (
        <Records
          label="Sessions"
          rows={sessions}
          keyOf={({ id }) => id}
          columns={[
            {
              key: 'client',
              header: 'Signed in on',
              primary: true,
              cell: (session) => (
                <div>
                  {clientOf(session)}
                  {session.current && ' (this one)'}
                  <Text size="xs" c="dimmed" fw={400}>
                    {[providerName(session.provider), session.address].filter(Boolean).join(' · ')}
                  </Text>
                </div>
              ),
            },
            { key: 'seen', header: 'Last seen', cell: ({ last_seen_at }) => <Ago at={last_seen_at} /> },
            { key: 'ends', header: 'Ends', cell: ({ expires_at }) => <Ago at={expires_at} /> },
            {
              key: 'actions',
              header: 'Actions',
              align: 'right',
              cell: (session) => (
                <Button
                  size="compact-sm"
                  variant="default"
                  aria-label={`End the session on ${clientOf(session)}`}
                  onClick={() => setEnding(session)}
                >
                  End
                </Button>
              ),
            },
          ]}
        />
      )}
      {ending && (
        <Ask
          onClose={() => setEnding(null)}
          title="End this session"
          action="End session"
          onConfirm={async () => {
            await request(`${pathOf(userId)}/sessions/${encodeURIComponent(ending.id)}`, { method: 'DELETE' })
            await onChange()
            done('The session has ended.')
          }}
        >
          {clientOf(ending)} is signed out within 5 seconds. Signing in again is possible at once.
        </Ask>
      )}
    </Panel>
  )
}

const clientOf = ({ kind, user_agent }: SessionView): string =>
  kind === 'token' ? `${deviceOf(user_agent)} (token)` : deviceOf(user_agent)
