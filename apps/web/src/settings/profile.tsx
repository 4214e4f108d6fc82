import type { Me } from '@gatehouse/contracts'
import { Button, Code, Group, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { sentenceOf } from '../api/api-error.ts'
import { isAdmin, meQuery, useMe } from '../api/me.ts'
import { request } from '../api/request.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { day } from '../ui/format.ts'
import { done } from '../ui/toast.ts'
import { Section } from './section.tsx'
import classes from './settings.module.css'

/** Who one is here. The name can be changed; the rest comes from the sign-in. */
export function Profile() {
  const me = useMe()
  const queries = useQueryClient()
  const [name, setName] = useState(me.name ?? '')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const save = async () => {
    setBusy(true)
    setError(null)
    try {
      const now = await request<Me>('/api/v1/users/me', { method: 'PATCH', body: { name } })
      queries.setQueryData(meQuery.queryKey, now)
      setName(now.name ?? '')
      done('The name is saved.')
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Section id="profile">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <Group align="flex-end" gap="sm">
          <TextInput
            label="Name"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            maxLength={200}
            required
            withAsterisk={false}
            autoComplete="name"
            error={error === null ? undefined : sentenceOf(error)}
            flex="1 1 14rem"
            maw="24rem"
          />
          <Button
            type="submit"
            variant="default"
            loading={busy}
            disabled={name.trim() === (me.name ?? '') || name.trim() === ''}
          >
            Save the name
          </Button>
        </Group>
      </form>
      <dl className={classes.facts}>
        <dt>E-mail</dt>
        <dd>{me.email ?? 'none that your sign-in tells'}</dd>
        <dt>Role</dt>
        <dd>{isAdmin(me) ? 'Admin' : 'Member'}</dd>
        <dt>Here since</dt>
        <dd>{day(me.created_at)}</dd>
        <dt>Id</dt>
        <dd>
          <Code fz="xs">{me.user_id}</Code>
          <CopyButton value={me.user_id} label="Copy your id" />
        </dd>
      </dl>
    </Section>
  )
}
