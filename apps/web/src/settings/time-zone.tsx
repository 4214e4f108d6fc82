import { Button, Group, Select, Text } from '@mantine/core'
import { useMemo } from 'react'
import { ownTimeZone, useTimeZone, zoneChoices } from '../time-zone.ts'
import { moment } from '../ui/format.ts'
import { Section } from './section.tsx'
import classes from './settings.module.css'

/** Where days begin and end, in this browser. */
export function TimeZone() {
  const [zone, choose] = useTimeZone()
  const own = ownTimeZone()
  const zones = useMemo(() => zoneChoices(own, zone), [own, zone])
  return (
    <Section id="time-zone" description="The usage page counts days in this zone. In this browser.">
      <Group align="flex-end" gap="sm">
        <Select
          label="Zone"
          data={zones}
          value={zone}
          onChange={(value) => value !== null && choose(value)}
          allowDeselect={false}
          searchable
          limit={60}
          comboboxProps={{ withinPortal: false }}
          withScrollArea={false}
          classNames={{ options: classes.options }}
          flex="1 1 14rem"
          maw="22rem"
        />
        {zone !== own && (
          <Button variant="default" onClick={() => choose('')}>
            Take this browser’s
          </Button>
        )}
      </Group>
      <Text size="sm" c="dimmed" mt="xs" className="tabular">
        There it is {moment(Date.now(), zone)}.
      </Text>
    </Section>
  )
}
