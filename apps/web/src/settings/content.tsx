import type { Me } from '@gatehouse/contracts'
import { Switch, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { meQuery, useMe } from '../api/me.ts'
import { request } from '../api/request.ts'
import { failed } from '../ui/toast.ts'
import { Section } from './section.tsx'

const reach = {
  own: 'What you ask in the playground, or by the route /api/v1/llm/call, is kept for your history. All other calls keep figures alone.',
  all: 'What you ask and are answered is kept for your history, also what comes by an API key.',
  none: 'The operator has turned this off for everybody: nothing that is asked or answered is kept.',
}

/** Whether prompts and answers are kept; the operator says how much at most, and for how long. */
export function Content() {
  const { keep_content, content } = useMe()
  const queries = useQueryClient()
  const [busy, setBusy] = useState(false)
  const off = content.kept === 'none'
  const change = async (keep: boolean) => {
    setBusy(true)
    try {
      // To keep is what the operator has chosen; there is nothing beyond it to ask for.
      const body = { keep_content: keep ? null : false }
      queries.setQueryData(meQuery.queryKey, await request<Me>('/api/v1/users/me', { method: 'PATCH', body }))
    } catch (error) {
      failed(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Section id="content" description={reach[content.kept]}>
      <Switch
        label="Keep my prompts and answers"
        checked={!off && keep_content !== false}
        disabled={off || busy}
        onChange={(event) => void change(event.currentTarget.checked)}
      />
      {!off && (
        <Text size="sm" c="dimmed" mt="sm">
          {content.retention_days === 1
            ? 'They are deleted after a day.'
            : `They are deleted after ${content.retention_days} days.`}{' '}
          To turn it off counts from now on; what was kept before can be deleted in the history. Figures
          (model, tokens, cost) are kept either way.
        </Text>
      )}
    </Section>
  )
}
