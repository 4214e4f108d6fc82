import type { AuditView } from '@gatehouse/contracts'
import { useTimeZone } from '../../time-zone.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { type Column, Records } from '../../ui/records.tsx'
import { Verbatim } from '../facts.tsx'
import { actionWords } from './action-words.ts'
import classes from './audit-entries.module.css'
import { Changes } from './changes.tsx'
import { ActorName, TargetName } from './names.tsx'
import { shortMoment } from './short-moment.ts'

interface AuditEntriesProps {
  entries: readonly AuditView[]
  label: string
  /** For where there is little room: without where it came from. */
  compact?: boolean
}

/** Entries of the audit log. */
export function AuditEntries({ entries, label, compact = false }: AuditEntriesProps) {
  const [zone] = useTimeZone()
  const columns: Column<AuditView>[] = [
    {
      key: 'what',
      header: 'What',
      primary: true,
      cell: (entry) => (
        <div className={classes.what}>
          <ActorName entry={entry} /> <span className={classes.done}>{actionWords(entry.action)}</span>
          <Changes before={entry.before} after={entry.after} />
        </div>
      ),
    },
    { key: 'target', header: 'Target', cell: (entry) => <TargetName entry={entry} /> },
    {
      key: 'when',
      header: 'When',
      cell: ({ at }) => (
        <time dateTime={at} className={`${classes.when} tabular`}>
          {shortMoment(at, zone)}
        </time>
      ),
    },
    {
      key: 'from',
      header: 'Address and request',
      cell: ({ address, request_id }) => (
        <span className={classes.from}>
          <span className="tabular">{address ?? '—'}</span>
          {request_id !== null && (
            <span className={classes.request}>
              <Verbatim>{request_id.length > 16 ? `${request_id.slice(0, 12)}…` : request_id}</Verbatim>
              <CopyButton value={request_id} label={`Copy the request id ${request_id}`} />
            </span>
          )}
        </span>
      ),
    },
  ]
  return (
    <Records
      label={label}
      rows={entries}
      keyOf={({ id }) => id}
      columns={compact ? columns.slice(0, -1) : columns}
    />
  )
}
