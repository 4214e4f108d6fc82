import type { HistoryDetail } from '@gatehouse/contracts'
import { Group, Text, Title } from '@mantine/core'
import { useTimeZone } from '../time-zone.ts'
import { moment } from '../ui/format.ts'
import { Status } from '../ui/status.tsx'
import { answeredBy, askedFor, outcomes } from './call-words.ts'

/** What was asked for, what answered, and how it ended. */
export function CallHead({ call }: { call: HistoryDetail }) {
  const [zone] = useTimeZone()
  const answered = answeredBy(call)
  const { kind, words } = outcomes[call.status]
  return (
    <div>
      <Title order={2} fz="xl">
        {askedFor(call)}
      </Title>
      <Group gap="xs" mt={4}>
        <Status kind={kind}>{words}</Status>
        <Text size="sm" c="dimmed">
          {answered !== null && `answered by ${answered} · `}
          <time dateTime={call.created_at}>{moment(call.created_at, zone)}</time>
        </Text>
      </Group>
    </div>
  )
}
