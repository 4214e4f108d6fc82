import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useCallback, useEffect } from 'react'
import { askWhoIAm } from '../api/me.ts'
import { setSessionState, useSessionState } from '../api/session-state.ts'
import { signOut } from '../api/sign-out.ts'
import { boot } from '../boot.ts'

/**
 * Says so when the gateway no longer knows this browser, and lets one sign in again in another window: what was typed here
 * stays where it is.
 */
export function SessionDialog() {
  const state = useSessionState()
  const queries = useQueryClient()

  const look = useCallback(async () => {
    try {
      await askWhoIAm()
      setSessionState('open')
      await queries.invalidateQueries()
    } catch {
      // Still signed out, or somebody else.
    }
  }, [queries])

  useEffect(() => {
    if (state !== 'ended') return
    const timer = setInterval(() => void look(), 3000)
    window.addEventListener('focus', look)
    return () => {
      clearInterval(timer)
      window.removeEventListener('focus', look)
    }
  }, [state, look])

  if (state === 'other')
    return (
      <Blocked title="Somebody else is signed in now">
        <Text size="sm">
          This browser was signed in as another account since this page was opened. Nothing more is asked in
          its name from here: reload the page to go on as them.
        </Text>
        <Group justify="flex-end">
          <Button onClick={() => location.reload()}>Reload</Button>
        </Group>
      </Blocked>
    )
  if (state === 'disabled')
    return (
      <Blocked title="Your account is disabled">
        <Text size="sm">
          An administrator has disabled this account: its sessions, keys and running calls have ended. Ask
          them if this is a mistake.
        </Text>
        <Group justify="flex-end">
          <Button onClick={() => void signOut().catch(() => location.assign('/sign-in'))}>
            To the sign-in
          </Button>
        </Group>
      </Blocked>
    )
  return (
    <Blocked opened={state === 'ended'} title="You are signed out">
      <Text size="sm">
        The session has ended. Sign in again in a new window; what you have typed here stays as it is.
      </Text>
      <Stack gap="xs">
        {boot.sign_in.map(({ id, name }) => (
          <Button
            key={id}
            variant="default"
            component="a"
            target="_blank"
            rel="noopener"
            href={`/auth/${encodeURIComponent(id)}/start?next=/signed-in`}
          >
            Sign in with {name}
          </Button>
        ))}
      </Stack>
    </Blocked>
  )
}

interface BlockedProps {
  title: string
  opened?: boolean
  children: ReactNode
}

/** Covers the page until something is done. */
function Blocked({ title, opened = true, children }: BlockedProps) {
  return (
    <Modal opened={opened} onClose={() => {}} withCloseButton={false} closeOnEscape={false} title={title}>
      <Stack gap="md">{children}</Stack>
    </Modal>
  )
}
