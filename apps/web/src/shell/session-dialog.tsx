import type { Me } from '@gatehouse/contracts'
import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useState } from 'react'
import { useMe } from '../api/me.ts'
import { request } from '../api/request.ts'
import { setSessionState, useSessionState } from '../api/session-state.ts'
import { signOut } from '../api/sign-out.ts'
import { boot } from '../boot.ts'

/**
 * Says so when the gateway no longer knows this browser, and lets one sign in again in another window: what was typed here
 * stays where it is.
 */
export function SessionDialog() {
  const state = useSessionState()
  const me = useMe()
  const queries = useQueryClient()
  const [other, setOther] = useState(false)

  const look = useCallback(async () => {
    try {
      const now = await request<Me>('/api/v1/users/me')
      if (now.user_id !== me.user_id) return setOther(true)
      setSessionState('open')
      await queries.invalidateQueries()
    } catch {
      // Still signed out.
    }
  }, [me.user_id, queries])

  useEffect(() => {
    if (state !== 'ended') return
    const timer = setInterval(() => void look(), 3000)
    window.addEventListener('focus', look)
    return () => {
      clearInterval(timer)
      window.removeEventListener('focus', look)
    }
  }, [state, look])

  if (state === 'disabled')
    return (
      <Modal
        opened
        onClose={() => {}}
        withCloseButton={false}
        closeOnEscape={false}
        title="Your account is disabled"
      >
        <Stack gap="md">
          <Text size="sm">
            An administrator has disabled this account: its sessions, keys and running calls have ended. Ask
            them if this is a mistake.
          </Text>
          <Group justify="flex-end">
            <Button onClick={() => void signOut().catch(() => location.assign('/sign-in'))}>
              To the sign-in
            </Button>
          </Group>
        </Stack>
      </Modal>
    )
  return (
    <Modal
      opened={state === 'ended'}
      onClose={() => {}}
      withCloseButton={false}
      closeOnEscape={false}
      title="You are signed out"
    >
      <Stack gap="md">
        <Text size="sm">
          The session has ended. Sign in again in a new window; what you have typed here stays as it is.
        </Text>
        {other && (
          <Alert color="red" variant="light">
            Somebody else is signed in now. Reload the page to go on as them.
          </Alert>
        )}
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
      </Stack>
    </Modal>
  )
}
