import { Button } from '@mantine/core'
import { lazy, Suspense, useState } from 'react'
import { Section } from './section.tsx'

const DeleteDialog = lazy(() =>
  import('./delete-dialog.tsx').then((module) => ({ default: module.DeleteDialog })),
)

/** The end of the account. What would go is shown first. */
export function DeleteAccount() {
  const [open, setOpen] = useState(false)
  return (
    <Section
      id="delete"
      description="Your sessions and keys stop working at once. For seven days an administrator can restore the account; then it is removed for good."
    >
      <Button variant="default" c="var(--gate-bad)" onClick={() => setOpen(true)}>
        Delete my account
      </Button>
      {open && (
        <Suspense fallback={null}>
          <DeleteDialog onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </Section>
  )
}
