import type { SettingView } from '@gatehouse/contracts'
import { Checkbox, Text } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { Panel } from '../../ui/panel.tsx'
import { type Column, Records } from '../../ui/records.tsx'
import { Verbatim } from '../facts.tsx'
import { OneLine } from '../one-line.tsx'
import { statusSearch } from '../search.ts'
import { Marked } from './marked.tsx'

const route = getRouteApi('/app/admin/admin/status')
const sources: Record<SettingView['source'], string> = {
  default: 'Default',
  environment: 'Environment',
  file: '.env file',
}

const columns: Column<SettingView>[] = [
  {
    key: 'name',
    header: 'Setting',
    primary: true,
    cell: ({ name, comment }) => (
      <div>
        <Verbatim>{name}</Verbatim>
        <Text size="xs" c="dimmed" fw={400}>
          <Marked text={comment} />
        </Text>
      </div>
    ),
  },
  {
    key: 'value',
    header: 'Value',
    cell: ({ value, secret, source }) => {
      if (secret) return source === 'default' ? 'not set' : 'set, never shown'
      return value === null || value === '' ? 'not set' : <Verbatim>{value}</Verbatim>
    },
  },
  { key: 'source', header: 'From', cell: ({ source }) => <OneLine>{sources[source]}</OneLine> },
]

/** How this process is set, and by what. */
export function Settings({ settings }: { settings: readonly SettingView[] }) {
  const all = route.useSearch().settings === 'all'
  const navigate = route.useNavigate()
  const rows = all ? settings : settings.filter(({ source }) => source !== 'default')
  return (
    <Panel
      flush
      title="Settings"
      description="As this process took them at its start. Change them in the environment, then start again."
      actions={
        <Checkbox
          label="Show defaults too"
          checked={all}
          onChange={(event) =>
            void navigate({
              search: statusSearch({ settings: event.currentTarget.checked ? 'all' : undefined }),
              replace: true,
              resetScroll: false,
            })
          }
        />
      }
    >
      {rows.length === 0 ? (
        <Text size="sm" c="dimmed" px="lg" pb="lg">
          Nothing is set: everything is at its default.
        </Text>
      ) : (
        <Records label="Settings" columns={columns} rows={rows} keyOf={({ name }) => name} />
      )}
    </Panel>
  )
}
