import { Drawer } from '@mantine/core'
import classes from './call-drawer.module.css'
import { CallSheet } from './call-sheet.tsx'

/** One call beside the list. */
export function CallDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  return (
    <Drawer.Root opened onClose={onClose} position="right" size="42rem" padding="lg">
      <Drawer.Overlay backgroundOpacity={0.25} />
      <Drawer.Content>
        {/* The page has its own banner: this one is none. */}
        <Drawer.Header role="presentation">
          <Drawer.Title className={classes.title}>Call</Drawer.Title>
          <Drawer.CloseButton aria-label="Close the call" />
        </Drawer.Header>
        <Drawer.Body>
          <CallSheet key={id} id={id} onDeleted={onClose} />
        </Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  )
}
