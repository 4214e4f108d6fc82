import type { CatalogModel } from '@gatehouse/contracts'
import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { CopyButton } from '../ui/copy-button.tsx'
import { Amount, Usd } from '../ui/figures.tsx'
import type { Column } from '../ui/records.tsx'
import { Status } from '../ui/status.tsx'
import classes from './catalog.module.css'

/** What the catalogue says of a model. */
export const modelColumns: Column<CatalogModel>[] = [
  { key: 'id', header: 'Model', primary: true, cell: (model) => <ModelName model={model} /> },
  {
    key: 'modalities',
    header: 'Takes',
    cell: ({ input_modalities: takes, output_modalities: gives }) => {
      if (takes.length === 0 && gives.length === 0) return '—'
      const other = gives.filter((kind) => kind !== 'text')
      return (
        <span>
          {takes.join(', ') || '—'}
          {other.length > 0 && <span className={classes.detail}>gives {gives.join(', ')}</span>}
        </span>
      )
    },
  },
  {
    key: 'context',
    header: 'Context',
    align: 'right',
    cell: ({ context_length, max_output_tokens }) => (
      <span className={classes.figure}>
        {context_length === null ? '—' : <Amount value={context_length} />}
        {max_output_tokens !== null && (
          <span className={classes.detail}>
            <Amount value={max_output_tokens} /> out
          </span>
        )}
      </span>
    ),
  },
  {
    key: 'input',
    header: 'Input per million',
    align: 'right',
    cell: ({ price }) => (
      <span className={classes.figure}>
        <Usd amount={price?.input_usd_per_million} />
        {price?.cached_input_usd_per_million != null && (
          <span className={classes.detail}>
            cached <Usd amount={price.cached_input_usd_per_million} />
          </span>
        )}
      </span>
    ),
  },
  {
    key: 'output',
    header: 'Output per million',
    align: 'right',
    cell: ({ price }) => <Usd amount={price?.output_usd_per_million} />,
  },
  { key: 'try', header: 'Playground', align: 'right', cell: ({ id }) => <Try id={id} /> },
]

/** A model by its id, to be copied. */
export function ModelName({ model: { id, name, status } }: { model: CatalogModel }) {
  const last = id.slice(id.indexOf('/') + 1)
  return (
    <span>
      <span className={classes.id}>
        {id}
        <CopyButton value={id} label={`Copy ${id}`} />
        {status === 'degraded' && <Status kind="warn">Degraded</Status>}
      </span>
      {name !== null && bare(name) !== bare(last) && <span className={classes.name}>{name}</span>}
    </span>
  )
}

/** `GPT 4o` says no more than `gpt-4o`. */
const bare = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')

/** Opens the playground with a model. */
export function Try({ id }: { id: string }) {
  return (
    <Button
      size="compact-sm"
      variant="default"
      aria-label={`Try ${id} in the playground`}
      renderRoot={(props) => <Link to="/playground" search={{ model: id }} {...props} />}
    >
      Try
    </Button>
  )
}
