import { ActionIcon } from '@mantine/core'
import { Ellipsis } from 'lucide-react'
import { lazy, Suspense, useRef, useState } from 'react'

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
  const [opened, setOpened] = useState(false)
  const [wanted, setWanted] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const change = (next: boolean) => {
    setOpened(next)
    // Unless it went elsewhere with the click that closed the menu.
    if (!next)
      setTimeout(() => {
        if (document.activeElement === document.body) button.current?.focus()
      }, 200)
  }
  const target = (
    <ActionIcon
      ref={button}
      size="md"
      aria-label={`More for column ${props.position + 1}`}
      aria-haspopup="menu"
      onClick={() => {
        if (wanted) return
        setWanted(true)
        setOpened(true)
      }}
    >
      <Ellipsis size={16} />
    </ActionIcon>
  )
  if (!wanted) return target
  return (
    <Suspense fallback={target}>
      <ColumnMenuList {...props} opened={opened} onChange={change}>
        {target}
      </ColumnMenuList>
    </Suspense>
  )
}
