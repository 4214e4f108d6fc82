import type { UsageGroupFigures, UsageOverview } from '@gatehouse/contracts'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Amount, Usd } from '../ui/figures.tsx'
import { percent } from '../ui/format.ts'
import { Panel } from '../ui/panel.tsx'
import { type Column, Records } from '../ui/records.tsx'
import classes from './bars.module.css'
import { callsOf } from './calls-of.ts'
import type { Asked } from './overview-query.ts'
import { coloursOf, groupName, type Metric, type Split } from './series.ts'
import { otherColour, type SeriesColour } from './series-colours.ts'
import { useScheme } from './swatch.tsx'

const titles: Record<Split, string> = {
  model: 'By model',
  provider: 'By provider',
  key: 'By key',
  principal: 'By account',
}
const heads: Record<Split, string> = {
  model: 'Model',
  provider: 'Provider',
  key: 'Key',
  principal: 'Account',
}

interface GroupsPanelProps {
  overview: UsageOverview
  asked: Asked
  metric: Metric
}

/** What the whole is made of; one leads to its calls, or to what one account used. */
export function GroupsPanel({ overview, asked, metric }: GroupsPanelProps) {
  const { split } = asked
  const colours = coloursOf(overview, metric)
  const whole = measured(overview.totals, metric)
  const columns: Column<UsageGroupFigures>[] = [
    { key: 'name', header: heads[split], primary: true, cell: (group) => nameOf(group) },
    {
      key: 'share',
      header: `Share of ${metric}`,
      wideOnly: true,
      cell: (group) => (
        <Share share={whole === 0 ? null : measured(group, metric) / whole} colour={colours.get(group.id)} />
      ),
    },
    {
      key: 'cost',
      header: 'Cost',
      align: 'right',
      cell: ({ total_cost, calls, unpriced_calls }) => (
        <Usd amount={unpriced_calls === calls ? null : total_cost} />
      ),
    },
    { key: 'calls', header: 'Calls', align: 'right', cell: ({ calls }) => <Amount value={calls} /> },
    {
      key: 'tokens',
      header: 'Tokens',
      align: 'right',
      cell: ({ total_tokens }) => <Amount value={total_tokens} />,
    },
    {
      key: 'errors',
      header: 'Errors',
      align: 'right',
      cell: ({ calls, failed_calls, aborted_calls }) =>
        percent(calls === aborted_calls ? null : failed_calls / (calls - aborted_calls)),
    },
  ]

  function nameOf(group: UsageGroupFigures): ReactNode {
    const name = groupName(group, split)
    const calls = callsOf(group, asked)
    if (calls)
      return (
        <Link to="/history" search={calls} className={classes.link} title="Show these calls">
          {name}
        </Link>
      )
    if (split === 'principal' && group.id !== 'other' && asked.principal === undefined)
      return (
        <Link
          to="/usage"
          search={(now) => ({ ...now, principal: group.id, split: undefined })}
          className={classes.link}
          title="Show this account alone"
        >
          {name}
        </Link>
      )
    return <span>{name}</span>
  }

  return (
    <Panel title={titles[split]} flush>
      <Records
        label={titles[split]}
        columns={columns}
        rows={inOrder(overview.groups, metric)}
        keyOf={({ id }) => id}
      />
    </Panel>
  )
}

/** By what is measured, the largest first; all others last. */
const inOrder = (groups: readonly UsageGroupFigures[], metric: Metric): UsageGroupFigures[] =>
  groups.toSorted(
    (one, other) =>
      Number(one.id === 'other') - Number(other.id === 'other') ||
      measured(other, metric) - measured(one, metric),
  )

const measured = (
  { total_cost, calls, total_tokens }: Pick<UsageGroupFigures, 'total_cost' | 'calls' | 'total_tokens'>,
  metric: Metric,
): number => ({ cost: Number(total_cost), calls, tokens: total_tokens })[metric]

function Share({ share, colour = otherColour }: { share: number | null; colour?: SeriesColour | undefined }) {
  const scheme = useScheme()
  return (
    <span className={classes.share}>
      <span className={classes.track} aria-hidden>
        <span
          className={classes.fill}
          style={{ width: `${(share ?? 0) * 100}%`, background: colour[scheme] }}
        />
      </span>
      <span className="tabular">{percent(share)}</span>
    </span>
  )
}
