import { ActionIcon, Tooltip } from '@mantine/core'
import { CodeXml, SlidersHorizontal } from 'lucide-react'
import { lazy, memo, Suspense, useId, useState } from 'react'
import classes from './column-head.module.css'
import { ColumnMenu } from './column-menu.tsx'
import type { Parameters } from './conversation.ts'
import { ModelPicker } from './model-picker.tsx'

const ColumnSettings = lazy(() =>
  import('./column-settings.tsx').then((module) => ({ default: module.ColumnSettings })),
)

/** Where a column stands. */
export interface Place {
  position: number
  count: number
}

/** For the names of what a column holds, where there is more than one. */
export const placeWords = ({ position, count }: Place): string =>
  count > 1 ? `, column ${position + 1}` : ''

interface ColumnHeadProps {
  column: string
  model: string
  parameters: Parameters
  place: Place
  onCode: (column: string) => void
}

/** Which model a column asks and how. It stays as it is while text comes in. */
export const ColumnHead = memo(function ColumnHead({
  column,
  model,
  parameters,
  place,
  onCode,
}: ColumnHeadProps) {
  const [opened, setOpened] = useState(false)
  const id = useId()
  const set = Object.keys(parameters).length
  const of = placeWords(place)
  return (
    <>
      <header className={classes.head}>
        <ModelPicker column={column} model={model} label={`Model${of}`} />
        <Tooltip label={set > 0 ? `Parameters (${set} set)` : 'Parameters'}>
          <ActionIcon
            size="md"
            aria-label={`Parameters${of}${set > 0 ? `, ${set} set` : ''}`}
            aria-expanded={opened}
            aria-controls={id}
            variant={set > 0 || opened ? 'light' : 'subtle'}
            color={set > 0 || opened ? 'gate' : 'gray'}
            onClick={() => setOpened(!opened)}
          >
            <SlidersHorizontal size={16} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label="Show the code">
          <ActionIcon size="md" aria-label={`Show the code${of}`} onClick={() => onCode(column)}>
            <CodeXml size={16} />
          </ActionIcon>
        </Tooltip>
        {place.count > 1 && <ColumnMenu column={column} position={place.position} count={place.count} />}
      </header>
      <div id={id} className={classes.settings} hidden={!opened}>
        {opened && (
          <Suspense fallback={null}>
            <ColumnSettings column={column} model={model} parameters={parameters} />
          </Suspense>
        )}
      </div>
    </>
  )
})
