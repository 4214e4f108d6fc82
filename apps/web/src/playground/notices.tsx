import type { Catalog } from '@gatehouse/contracts'
import { Alert, Anchor, Button, Group } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Failure } from '../ui/states.tsx'
import classes from './notices.module.css'

interface NoticesProps {
  catalog: UseQueryResult<Catalog>
  notice: string | null
  onCloseNotice: () => void
  /** Brings back the conversation that another one has taken the place of. */
  onBringBack: (() => void) | null
  onLeaveAside: () => void
  failure: unknown
}

/** What stands in the way, above the columns. */
export function Notices({
  catalog,
  notice,
  onCloseNotice,
  onBringBack,
  onLeaveAside,
  failure,
}: NoticesProps) {
  const none = catalog.data?.data.length === 0
  if (!catalog.error && !none && notice === null && !onBringBack && !failure) return null
  return (
    <div className={classes.notices}>
      {catalog.error && !catalog.data && (
        <Failure error={catalog.error} retry={() => void catalog.refetch()} />
      )}
      {none && (
        <Alert variant="light" color="gray">
          No model is ready for you yet.{' '}
          <Anchor component={Link} to="/catalog" inherit>
            See what each provider needs
          </Anchor>
        </Alert>
      )}
      {Boolean(failure) && <Failure error={failure} />}
      {onBringBack && (
        <Notice onClose={onLeaveAside}>
          <Group gap="sm">
            The conversation that was here is put aside.
            <Button size="compact-sm" variant="default" onClick={onBringBack}>
              Bring it back
            </Button>
          </Group>
        </Notice>
      )}
      {notice !== null && <Notice onClose={onCloseNotice}>{notice}</Notice>}
    </div>
  )
}

function Notice({ onClose, children }: { onClose: () => void; children: ReactNode }) {
  return (
    <Alert
      variant="light"
      color="gray"
      role="status"
      withCloseButton
      closeButtonLabel="Close"
      onClose={onClose}
    >
      {children}
    </Alert>
  )
}
