import { Anchor } from '@mantine/core'
import { CircleCheck } from 'lucide-react'
import { useEffect } from 'react'
import { Page } from '../ui/page.tsx'
import { Empty } from '../ui/states.tsx'

/** Where a sign-in in a second window ends: the first one goes on by itself. */
export function SignedInPage() {
  useEffect(() => window.close(), [])
  return (
    <main>
      <Page title="Signed in" width="text">
        <Empty
          icon={CircleCheck}
          title="You are signed in"
          action={<Anchor href="/start">Or go on here</Anchor>}
        >
          You can close this window and go on in the other one.
        </Empty>
      </Page>
    </main>
  )
}
