import type { CatalogModel, CatalogProvider } from '@gatehouse/contracts'
import { Button, Text } from '@mantine/core'
import { useState } from 'react'
import { Panel } from '../ui/panel.tsx'
import { Records } from '../ui/records.tsx'
import { Status } from '../ui/status.tsx'
import classes from './catalog.module.css'
import { modelColumns } from './model-columns.tsx'
import { Recent } from './recent.tsx'

/** Beyond this the rest is folded: some providers have hundreds. */
const shownModels = 8

interface ProviderProps {
  provider: CatalogProvider
  models: CatalogModel[]
  /** Nothing is folded: these are what was looked for. */
  whole: boolean
}

/** A provider that is configured: how it stands, and its models. */
export function Provider({ provider, models, whole }: ProviderProps) {
  const [all, setAll] = useState(false)
  const { name, state, problem, demo, credential } = provider
  const isFolded = !all && !whole && models.length > shownModels + 2
  const shown = isFolded ? models.slice(0, shownModels) : models
  return (
    <Panel
      flush
      title={
        <span className={classes.head}>
          {name}
          <Status kind={state === 'ready' ? 'good' : 'warn'}>
            {state === 'ready' ? 'Ready' : 'Degraded'}
          </Status>
        </span>
      }
      description={
        demo ? (
          'Answers by itself, to try things out: no model stands behind it, and it costs nothing.'
        ) : (
          <Recent recent={provider.recent} credential={credential} />
        )
      }
    >
      {problem !== null && (
        <Text size="sm" className={classes.problem}>
          {problem}
        </Text>
      )}
      {shown.length === 0 ? (
        <Text size="sm" c="dimmed" className={classes.none}>
          {provider.models === 0
            ? 'It lists no model that you may use. One can be called by its name where the provider has it.'
            : 'None of its models is called that.'}
        </Text>
      ) : (
        <div className={classes.models}>
          <Records label={`Models of ${name}`} columns={modelColumns} rows={shown} keyOf={({ id }) => id} />
        </div>
      )}
      {models.length > shownModels + 2 && !whole && (
        <div className={classes.more}>
          <Button variant="subtle" size="compact-sm" aria-expanded={all} onClick={() => setAll(!all)}>
            {isFolded ? `Show all ${models.length} models` : 'Show fewer'}
          </Button>
        </div>
      )}
    </Panel>
  )
}
