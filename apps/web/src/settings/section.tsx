import type { ReactNode } from 'react'
import { Panel } from '../ui/panel.tsx'
import { type SectionId, sections } from './sections.ts'

interface SectionProps {
  id: SectionId
  description?: ReactNode
  actions?: ReactNode
  flush?: boolean
  children?: ReactNode
}

/** A part of the settings, which an address can point at. */
export function Section({ id, ...panel }: SectionProps) {
  return (
    <div id={id}>
      <Panel title={sections.find((section) => section.id === id)?.name} {...panel} />
    </div>
  )
}
