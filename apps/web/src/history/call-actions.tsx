import type { HistoryDetail } from '@gatehouse/contracts'
import { Button, Group } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { MessageSquareText, Trash2 } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { request } from '../api/request.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { done } from '../ui/toast.ts'
import { CopyCurl } from './copy-curl.tsx'

const Confirm = lazy(() => import('../ui/confirm.tsx').then((module) => ({ default: module.Confirm })))

/** What can be done with a call. */
export function CallActions({ call, onDeleted }: { call: HistoryDetail; onDeleted: () => void }) {
  const [asking, setAsking] = useState(false)
  const [wasAsked, setWasAsked] = useState(false)
  const queries = useQueryClient()
  const remove = async () => {
    await request(`/api/v1/history/${call.id}`, { method: 'DELETE' })
    done('The call is deleted.')
    onDeleted()
    void queries.invalidateQueries({ queryKey: ['history', 'list'] })
  }
  return (
    <Group gap="xs">
      {call.prompt !== null && (
        <Button
          size="xs"
          leftSection={<MessageSquareText size={14} aria-hidden />}
          renderRoot={(props) => <Link to="/playground" search={{ call: call.id }} {...props} />}
        >
          Open in playground
        </Button>
      )}
      <CopyCurl call={call} />
      <CopyButton value={call.request_id} label="Copy the request id" words="Request id" />
      <Button
        size="xs"
        variant="subtle"
        color="gray"
        ml={{ base: 0, sm: 'auto' }}
        leftSection={<Trash2 size={14} aria-hidden />}
        onClick={() => {
          setWasAsked(true)
          setAsking(true)
        }}
      >
        Delete
      </Button>
      {wasAsked && (
        <Suspense fallback={null}>
          <Confirm
            opened={asking}
            onClose={() => setAsking(false)}
            title="Delete this call?"
            action="Delete the call"
            onConfirm={remove}
          >
            It leaves your history, and the prompt and the answer are deleted. Its tokens and its cost stay in
            the usage. This cannot be undone.
          </Confirm>
        </Suspense>
      )}
    </Group>
  )
}
