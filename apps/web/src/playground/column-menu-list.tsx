import { Menu } from '@mantine/core'
import { ArrowLeft, ArrowRight, X } from 'lucide-react'
import type { ReactElement } from 'react'
import { playground } from './playground-store.ts'

interface ColumnMenuListProps {
  column: string
  position: number
  count: number
  opened: boolean
  onChange: (opened: boolean) => void
  children: ReactElement
}

/** Moves a column by one place, or takes it away with what it said. */
export function ColumnMenuList({ column, position, count, opened, onChange, children }: ColumnMenuListProps) {
  const move = (by: -1 | 1) => playground.dispatch({ type: 'moved', column, by })
  return (
    <Menu
      opened={opened}
      onChange={onChange}
      position="bottom-end"
      shadow="md"
      width={170}
      withinPortal={false}
      withInitialFocusPlaceholder={false}
    >
      <Menu.Target>{children}</Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<ArrowLeft size={15} />} disabled={position === 0} onClick={() => move(-1)}>
          Move left
        </Menu.Item>
        <Menu.Item
          leftSection={<ArrowRight size={15} />}
          disabled={position === count - 1}
          onClick={() => move(1)}
        >
          Move right
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          leftSection={<X size={15} />}
          onClick={() => playground.dispatch({ type: 'removed', column })}
        >
          Remove column
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
