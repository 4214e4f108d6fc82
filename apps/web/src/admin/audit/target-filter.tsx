import type { AuditView } from '@gatehouse/contracts'
import { ActionIcon } from '@mantine/core'
import { X } from 'lucide-react'
import classes from './target-filter.module.css'

interface TargetFilterProps {
  targetId: string | undefined
  entries: readonly AuditView[]
  onClear: () => void
}

/** About whom the entries in sight are; set by following a link, taken away here. */
export function TargetFilter({ targetId, entries, onClear }: TargetFilterProps) {
  if (targetId === undefined) return null
  const name = entries.find(({ target }) => target?.id === targetId)?.target_name ?? targetId
  return (
    <div className={classes.filter}>
      <span>Only about {name}</span>
      <ActionIcon size="sm" radius="xl" onClick={onClear} aria-label={`No longer only about ${name}`}>
        <X size={14} />
      </ActionIcon>
    </div>
  )
}
