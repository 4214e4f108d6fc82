import type { KeyView } from '@gatehouse/contracts'
import { Button, Group } from '@mantine/core'
import { deviceOf } from '../ui/device.ts'
import { Ago } from '../ui/figures.tsx'
import { ago, day } from '../ui/format.ts'
import type { Column } from '../ui/records.tsx'
import { Status, type StatusKind } from '../ui/status.tsx'
import { endsSoon } from './key-expiry.ts'
import classes from './keys.module.css'

const statuses: Record<KeyView['status'], { kind: StatusKind; word: string }> = {
  active: { kind: 'good', word: 'Active' },
  retiring: { kind: 'waiting', word: 'Retiring' },
  revoked: { kind: 'off', word: 'Revoked' },
  expired: { kind: 'off', word: 'Expired' },
}

interface KeyActions {
  onRotate: (key: KeyView) => void
  onRevoke: (key: KeyView) => void
}

/** What the list says of a key. */
export const keyColumns = ({ onRotate, onRevoke }: KeyActions): Column<KeyView>[] => [
  {
    key: 'name',
    header: 'Name',
    primary: true,
    cell: ({ name, prefix }) => (
      <span className={classes.name}>
        <span>{name}</span>
        <span className={classes.prefix}>{prefix}…</span>
      </span>
    ),
  },
  { key: 'status', header: 'Status', cell: (key) => <KeyStatus of={key} /> },
  { key: 'models', header: 'Models', cell: ({ models }) => <Models models={models} /> },
  { key: 'created', header: 'Created', cell: ({ created_at }) => <Ago at={created_at} /> },
  { key: 'used', header: 'Last used', cell: ({ last_used }) => <LastUsed use={last_used} /> },
  {
    key: 'actions',
    header: 'Actions',
    align: 'right',
    cell: (key) =>
      key.status === 'active' || key.status === 'retiring' ? (
        <Group gap={6} justify="flex-end" wrap="nowrap">
          {key.status === 'active' && (
            <Button
              size="compact-sm"
              variant="default"
              aria-label={`Rotate ${key.name}`}
              onClick={() => onRotate(key)}
            >
              Rotate
            </Button>
          )}
          <Button
            size="compact-sm"
            variant="default"
            aria-label={`Revoke ${key.name}`}
            onClick={() => onRevoke(key)}
          >
            Revoke
          </Button>
        </Group>
      ) : null,
  },
]

function KeyStatus({ of: key }: { of: KeyView }) {
  const { kind, word } = statuses[key.status]
  const isLate = endsSoon(key)
  return (
    <span className={classes.lines}>
      <Status kind={isLate ? 'warn' : kind}>{isLate ? 'Ends soon' : word}</Status>
      <span className={classes.small}>
        {key.status === 'active' && <>ends {isLate ? ago(key.expires_at) : day(key.expires_at)}</>}
        {key.status === 'retiring' && key.revoked_at !== null && <>ends {ago(key.revoked_at)}</>}
        {key.status === 'revoked' && key.revoked_at !== null && day(key.revoked_at)}
        {key.status === 'expired' && day(key.expires_at)}
      </span>
    </span>
  )
}

function Models({ models }: { models: string[] | null }) {
  if (models === null) return <>All of yours</>
  const [first, second, ...rest] = models
  return (
    <span className={classes.lines} title={models.join('\n')}>
      <span>{first}</span>
      {second !== undefined && (
        <span className={classes.small}>{rest.length === 0 ? second : `and ${rest.length + 1} more`}</span>
      )}
    </span>
  )
}

function LastUsed({ use }: { use: KeyView['last_used'] }) {
  if (!use) return <span className={classes.small}>Never</span>
  return (
    <span className={classes.lines}>
      <Ago at={use.at} />
      <span className={classes.small}>
        {[use.address, use.client && deviceOf(use.client)].filter(Boolean).join(' · ')}
      </span>
    </span>
  )
}
