import { Alert, Button, Stack } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Clock, Plus } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { Page } from '../ui/page.tsx'
import type { KeyDialog } from './key-dialog.ts'
import { endsSoon } from './key-expiry.ts'
import { KeyList } from './key-list.tsx'
import classes from './keys.module.css'
import { keysQuery } from './keys-query.ts'

const KeyDialogs = lazy(() => import('./key-dialogs.tsx').then((module) => ({ default: module.KeyDialogs })))
const route = getRouteApi('/app/keys')

/** One's own API keys. */
export function KeysPage() {
  const search = route.useSearch()
  const keys = useInfiniteQuery(keysQuery(search))
  const [dialog, setDialog] = useState<KeyDialog | null>(null)
  const rows = keys.data?.pages.flatMap(({ data }) => data)
  const late = rows?.filter((key) => endsSoon(key)) ?? []
  const isEmpty = rows?.length === 0 && search.status === undefined
  const create = () => setDialog({ kind: 'create' })
  return (
    <Page
      title="Keys"
      description="A key lets a program call models as you. Give each program its own."
      // Where there is none, the empty list asks for the first one itself.
      actions={
        isEmpty ? undefined : (
          <Button leftSection={<Plus size={16} />} onClick={create}>
            New key
          </Button>
        )
      }
    >
      <Stack gap="md">
        <KeyList
          keys={keys}
          status={search.status}
          onDialog={setDialog}
          notice={
            late.length > 0 && (
              <Alert
                variant="default"
                icon={<Clock size={18} />}
                role="status"
                classNames={{ root: classes.notice, icon: classes.noticeIcon }}
              >
                {late.length === 1
                  ? `“${late[0]?.name}” ends within a week. Rotate it to get a new one; the old one goes on beside it for as long as you choose.`
                  : `${late.length} keys end within a week: ${late.map(({ name }) => name).join(', ')}. Rotate them to get new ones; the old ones go on beside them for as long as you choose.`}
              </Alert>
            )
          }
        />
      </Stack>
      {dialog && (
        <Suspense fallback={null}>
          <KeyDialogs dialog={dialog} onDialog={setDialog} />
        </Suspense>
      )}
    </Page>
  )
}
