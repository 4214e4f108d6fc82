import { Button, Center } from '@mantine/core'

/** The next page of a list, below the ones that are here. */
export function More({ has, busy, onMore }: { has: boolean; busy: boolean; onMore: () => void }) {
  if (!has) return null
  return (
    <Center p="md">
      <Button variant="default" loading={busy} onClick={onMore}>
        Show more
      </Button>
    </Center>
  )
}
