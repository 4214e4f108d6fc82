import { ActionIcon } from '@mantine/core'
import { Ellipsis } from 'lucide-react'
import { lazy, Suspense } from 'react'
import { useLazyMenu } from '../ui/lazy-menu.ts'

const ColumnMenuList = lazy(() =>
  import('./column-menu-list.tsx').then((module) => ({ default: module.ColumnMenuList })),
)

interface ColumnMenuProps {
  column: string
  position: number
  count: number
}

/** Where a column stands among the others, and whether it does; what can be chosen comes when it is opened first. */
export function ColumnMenu(props: ColumnMenuProps) {
  const { wanted, target: opener, list } = useLazyMenu()
  const target = (
    <ActionIcon size="md" aria-label={`More for column ${props.position + 1}`} {...opener}>
      <Ellipsis size={16} />
    </ActionIcon>
  )
  if (!wanted) return target
  return (
    <Suspense fallback={target}>
      <ColumnMenuList {...props} {...list}>
        {target}
      </ColumnMenuList>
    </Suspense>
  )
}
