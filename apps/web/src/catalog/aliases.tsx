import type { CatalogModel } from '@gatehouse/contracts'
import { Panel } from '../ui/panel.tsx'
import { type Column, Records } from '../ui/records.tsx'
import classes from './catalog.module.css'
import { ModelName, Try } from './model-columns.tsx'

const columns: Column<CatalogModel>[] = [
  { key: 'id', header: 'Name', primary: true, cell: (model) => <ModelName model={model} /> },
  {
    key: 'candidates',
    header: 'Answered by, in this order',
    cell: ({ candidates }) => (
      <span className={classes.candidates}>
        {candidates.map((candidate, place) => (
          <span key={candidate}>
            {candidate}
            {place < candidates.length - 1 && ','}
          </span>
        ))}
      </span>
    ),
  },
  { key: 'try', header: 'Playground', align: 'right', cell: ({ id }) => <Try id={id} /> },
]

/** Names that the operator has given, each for models that stand in for one another. */
export function Aliases({ aliases }: { aliases: CatalogModel[] }) {
  return (
    <Panel
      flush
      title="Aliases"
      description="Names of this gateway. Where the first of their models cannot answer, the next one does."
    >
      <Records label="Aliases" columns={columns} rows={aliases} keyOf={({ id }) => id} />
    </Panel>
  )
}
