import { Button, Group, Modal, Stack } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { ApiError } from '../../api/api-error.ts'
import { useReturnFocus } from '../../ui/return-focus.ts'
import { Failure } from '../../ui/states.tsx'

interface FormDialogProps {
  title: string
  action: string
  onClose: () => void
  /** What is done; where it fails the dialog stays, with what was typed. */
  onSubmit: () => Promise<unknown>
  /** Fields by the name that the server calls them by; its complaint stands at the one it is about. */
  children: (complaint: (field: string) => string | null) => ReactNode
}

/** Fields to fill in, over the page; what the server says against one stands at it. */
export function FormDialog({ title, action, onClose, onSubmit, children }: FormDialogProps) {
  useReturnFocus()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const about = error instanceof ApiError ? (error.param?.split(/[.[]/)[0] ?? null) : null
  let placed = false
  const fields = children((field) => {
    if (about !== field || !(error instanceof ApiError)) return null
    placed = true
    return error.message
  })
  const submit = async () => {
    setBusy(true)
    setError(null)
    try {
      await onSubmit()
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal opened onClose={onClose} title={title}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <Stack gap="md">
          {fields}
          {error !== null && !placed && <Failure error={error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={busy}>
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
