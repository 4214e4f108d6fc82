import { CloseButton, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import classes from './controls.module.css'
import { type Asked, overviewQuery } from './overview-query.ts'

/** Whose usage alone is shown, by name. */
export function OneAccount({ asked, onAll }: { asked: Asked; onAll: () => void }) {
  const { data } = useQuery(overviewQuery({ ...asked, split: 'principal' }))
  const name = data?.groups.find(({ id }) => id === asked.principal)?.name
  return (
    <Group gap={2} className={classes.one} wrap="nowrap">
      <Text size="sm" truncate>
        {name ?? 'One account'}
      </Text>
      <CloseButton size="sm" aria-label="Show everybody again" onClick={onAll} />
    </Group>
  )
}
