import { Anchor, Button, Stack } from '@mantine/core'
import type { ErrorComponentProps } from '@tanstack/react-router'
import { Compass } from 'lucide-react'
import { Page } from '../ui/page.tsx'
import { Empty, Failure } from '../ui/states.tsx'

/** A page that failed; also where a new version of the app took the place of the one that is open. */
export function Trouble({ error }: ErrorComponentProps) {
  return (
    <Page title="Something went wrong" width="text">
      <Stack gap="md" align="flex-start">
        <Failure error={error} />
        <Button onClick={() => location.reload()}>Reload</Button>
      </Stack>
    </Page>
  )
}

export function NotFound() {
  return (
    <Page title="Not found" width="text">
      <Empty
        icon={Compass}
        title="There is no such page"
        action={<Anchor href="/">To the first page</Anchor>}
      >
        The address may be mistyped, or the page is gone.
      </Empty>
    </Page>
  )
}
