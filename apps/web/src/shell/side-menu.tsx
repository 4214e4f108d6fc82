import { Drawer } from '@mantine/core'
import type { ReactNode } from 'react'
import { useReturnFocus } from '../ui/return-focus.ts'

/** The navigation of a narrow window. */
export function SideMenu({ onClose, children }: { onClose: () => void; children: ReactNode }) {
  useReturnFocus()
  return (
    <Drawer opened onClose={onClose} position="left" size="17rem" title="Gatehouse" padding="md">
      {children}
    </Drawer>
  )
}
