import type { UsageOverview } from '@gatehouse/contracts'
import { Alert, Text } from '@mantine/core'
import { CircleAlert } from 'lucide-react'
import { count } from '../ui/format.ts'

const shown = 6

/** The models whose calls count as nothing in the spend. */
export function Unpriced({ models }: { models: UsageOverview['unpriced'] }) {
  if (models.length === 0) return null
  const calls = models.reduce((sum, model) => sum + model.calls, 0)
  const names = models
    .slice(0, shown)
    .map(({ provider, model, calls: some }) => `${provider}/${model} (${count(some)})`)
  const more = models.length - shown
  return (
    <Alert variant="light" color="gray" icon={<CircleAlert size={18} />} title={title(calls)}>
      <Text size="sm">
        They count as $0 above. No price is known for {names.join(', ')}
        {more > 0 && ` and ${more} more`}. The operator can name prices under prices in gatehouse.yaml.
      </Text>
    </Alert>
  )
}

const title = (calls: number): string =>
  calls === 1 ? 'One call has no known cost' : `${count(calls)} calls have no known cost`
