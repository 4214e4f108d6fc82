import { Alert, Button, Code, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { CircleAlert, type LucideIcon, RotateCw } from 'lucide-react'
import type { ReactNode } from 'react'
import { ApiError, sentenceOf } from '../api/api-error.ts'
import { CopyButton } from './copy-button.tsx'
import classes from './states.module.css'

interface EmptyProps {
  icon: LucideIcon
  title: string
  /** Why there is nothing, and what the next step is. */
  children: ReactNode
  /** That step. */
  action?: ReactNode
}

/** Nothing here yet: why, and the one thing to do next. */
export function Empty({ icon: Icon, title, children, action }: EmptyProps) {
  return (
    <Stack align="center" gap="xs" className={classes.empty}>
      <span className={classes.mark} aria-hidden>
        <Icon size={22} strokeWidth={1.75} />
      </span>
      <Title order={2} fz="md" fw={600} mt="xs">
        {title}
      </Title>
      <Text c="dimmed" size="sm" maw="30rem" component="div">
        {children}
      </Text>
      {action !== undefined && <Group mt="sm">{action}</Group>}
    </Stack>
  )
}

/** What went wrong, in the gateway's words, with what to do and whom to tell. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const requestId = error instanceof ApiError ? error.requestId : null
  return (
    <Alert
      role="alert"
      variant="light"
      color="red"
      icon={<CircleAlert size={18} />}
      className={classes.failure}
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{sentenceOf(error)}</Text>
        <Group gap="xs">
          {retry && (
            <Button size="xs" variant="default" leftSection={<RotateCw size={14} />} onClick={retry}>
              Try again
            </Button>
          )}
          {requestId !== null && (
            <Group gap={4} wrap="nowrap">
              <Text size="xs" c="dimmed" flex="none">
                Request
              </Text>
              <Code fz="xs">{requestId}</Code>
              <CopyButton value={requestId} label="Copy the request id" />
            </Group>
          )}
        </Group>
      </Stack>
    </Alert>
  )
}

/** An error as a sentence, whoever threw it. */

/** Lines of the size that is about to come. */
export function Waiting({ rows = 6, height = 44 }: { rows?: number; height?: number }) {
  return (
    <Stack gap={8} role="status" aria-label="Loading" p="md">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines that stand for nothing have no other name
        <Skeleton key={row} height={height - 8} radius="sm" />
      ))}
    </Stack>
  )
}
