import { Button } from '@mantine/core'
import { useState } from 'react'
import { request } from '../../api/request.ts'
import { done } from '../../ui/toast.ts'
import { Ask } from '../ask.tsx'

/** Ends a key of anybody, once it is confirmed. */
export function RevokeKey({
  id,
  name,
  onRevoked,
}: {
  id: string
  name: string
  onRevoked: () => Promise<unknown>
}) {
  const [asking, setAsking] = useState(false)
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        aria-label={`Revoke the key ${name}`}
        onClick={() => setAsking(true)}
      >
        Revoke
      </Button>
      {asking && (
        <Ask
          onClose={() => setAsking(false)}
          title={`Revoke the key ${name}`}
          action="Revoke"
          onConfirm={async () => {
            await request(`/api/v1/admin/credentials/${encodeURIComponent(id)}`, { method: 'DELETE' })
            await onRevoked()
            done(`The key ${name} is revoked.`)
          }}
        >
          Programs that use it are refused within 5 seconds, and calls that run by it end. This cannot be
          taken back.
        </Ask>
      )}
    </>
  )
}
