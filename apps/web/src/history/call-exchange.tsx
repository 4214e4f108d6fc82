import type { HistoryDetail } from '@gatehouse/contracts'
import { Alert, Button, Stack, Text, Title } from '@mantine/core'
import { useMe } from '../api/me.ts'
import classes from './call-exchange.module.css'
import { KeptContent, KeptText } from './kept-content.tsx'
import { whyNothingIsKept } from './nothing-kept.ts'

const roles: Record<NonNullable<HistoryDetail['prompt']>[number]['role'], string> = {
  system: 'System',
  developer: 'Developer',
  user: 'User',
  assistant: 'Assistant',
  tool: 'Tool',
}

interface CallExchangeProps {
  call: HistoryDetail
  loading: boolean
  /** Asks for all of a long one. */
  onAll: () => void
}

/** What was said, as it was said: text, never markup. Why there is none, where there is none. */
export function CallExchange({ call, loading, onAll }: CallExchangeProps) {
  const me = useMe()
  const { prompt, response, truncated, error } = call
  return (
    <Stack component="section" gap="sm" aria-label="Exchange">
      <Title order={3}>Exchange</Title>
      {prompt === null && response === null && (
        <Text size="sm" c="dimmed" className={classes.none}>
          {whyNothingIsKept(call, me)}
        </Text>
      )}
      {prompt?.map((message, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: messages have no name, and stay in their order
        <div key={index} className={classes.message} data-role={message.role}>
          <Text className={classes.role}>{roles[message.role]}</Text>
          <KeptContent content={message.content} />
        </div>
      ))}
      {response !== null && (
        <div className={classes.message} data-role="answer">
          <Text className={classes.role}>Answer</Text>
          {response === '' ? (
            <Text size="sm" c="dimmed">
              No text: the model called a tool, or said nothing.
            </Text>
          ) : (
            <KeptText text={response} />
          )}
        </div>
      )}
      {error && (
        <Alert color="red" variant="light" className={classes.error}>
          <Text size="sm">{error.message}</Text>
          <Text size="xs" c="dimmed" mt={2}>
            {error.code}
          </Text>
        </Alert>
      )}
      {truncated && (
        <Button variant="default" loading={loading} onClick={onAll}>
          Load all that was said
        </Button>
      )}
    </Stack>
  )
}
