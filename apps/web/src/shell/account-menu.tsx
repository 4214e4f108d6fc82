import { Text, UnstyledButton, VisuallyHidden } from '@mantine/core'
import { ChevronsUpDown } from 'lucide-react'
import { lazy, Suspense } from 'react'
import { isAdmin, useMe } from '../api/me.ts'
import { useLazyMenu } from '../ui/lazy-menu.ts'
import classes from './account-menu.module.css'

const AccountMenuList = lazy(() =>
  import('./account-menu-list.tsx').then((module) => ({ default: module.AccountMenuList })),
)

/** Who is signed in, and what belongs to them alone. */
export function AccountMenu({ compact = false }: { compact?: boolean }) {
  const me = useMe()
  const { wanted, target: opener, list } = useLazyMenu()
  const name = me.name ?? me.email ?? 'You'
  const target = (
    <UnstyledButton
      className={classes.target}
      data-compact={compact || undefined}
      aria-label={compact ? `Account: ${name}` : undefined}
      {...opener}
    >
      <span className={classes.initial} aria-hidden>
        {name.slice(0, 1).toUpperCase()}
      </span>
      {!compact && (
        <>
          <VisuallyHidden>Account:</VisuallyHidden>
          <span className={classes.words}>
            <Text size="sm" fw={550} truncate>
              {name}
            </Text>
            <Text size="xs" c="dimmed" truncate>
              {isAdmin(me) ? 'Admin' : 'Member'}
            </Text>
          </span>
          <ChevronsUpDown size={14} aria-hidden />
        </>
      )}
    </UnstyledButton>
  )
  if (!wanted) return target
  return (
    <Suspense fallback={target}>
      <AccountMenuList compact={compact} {...list}>
        {target}
      </AccountMenuList>
    </Suspense>
  )
}
