import type { Me } from '@gatehouse/contracts'
import { Group, Switch, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { meQuery, useMe } from '../api/me.ts'
import { request } from '../api/request.ts'
import { done, failed } from '../ui/toast.ts'
import classes from './keeping.module.css'

/** Whether prompts and answers are kept, for how long, and the choice against it. */
export function Keeping() {
  const { content, keep_content } = useMe()
  const queries = useQueryClient()
  const change = useMutation({
    mutationFn: (keep: boolean) =>
      request<Me>('/api/v1/users/me', { method: 'PATCH', body: { keep_content: keep ? null : false } }),
    onSuccess: (me) => {
      queries.setQueryData(meQuery.queryKey, me)
      done(
        me.keep_content === false
          ? 'From now on, nothing of what you say is kept.'
          : 'From now on, your prompts and answers are kept.',
      )
    },
    onError: failed,
  })
  const isKept = content.kept !== 'none' && keep_content !== false
  return (
    <Group className={classes.line} justify="space-between" gap="sm">
      <Text size="sm" c="dimmed" className={classes.words}>
        {sentence(content, isKept)}
      </Text>
      {content.kept !== 'none' && (
        <Switch
          label="Keep prompts and answers"
          labelPosition="left"
          checked={isKept}
          disabled={change.isPending}
          onChange={(event) => change.mutate(event.currentTarget.checked)}
        />
      )}
    </Group>
  )
}

function sentence({ kept, retention_days: days }: Me['content'], isKept: boolean): string {
  const time = days === 1 ? 'one day' : `${days} days`
  if (kept === 'none')
    return 'This server keeps figures alone: no prompts and no answers (KEEP_CONTENT=none).'
  if (!isKept) return `New calls keep figures alone. What was kept before is deleted after ${time}.`
  return kept === 'all'
    ? `Prompts and answers of all your calls are kept for ${time}.`
    : `Prompts and answers of the playground and of your calls to llm/call are kept for ${time}. All other calls keep figures alone.`
}
