import { useQuery } from '@tanstack/react-query'
import { ChevronDown } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { catalogQuery } from '../api/catalog.ts'
import { factsOfModel, shortFacts } from './model-facts.ts'
import classes from './model-picker.module.css'
import { playground } from './playground-store.ts'

const ModelList = lazy(() => import('./model-list.tsx').then((module) => ({ default: module.ModelList })))

/** Which model a column asks; the list of them comes when it is opened for the first time. */
export function ModelPicker({ column, model, label }: { column: string; model: string; label: string }) {
  const [opened, setOpened] = useState(false)
  const [wanted, setWanted] = useState(false)
  const { data, isPending } = useQuery(catalogQuery)
  const known = data?.data.find((entry) => entry.id === model)
  const provider = data?.providers.find((entry) => entry.id === known?.provider)
  const unknown = isPending ? '' : data && model !== '' ? 'not among your models' : ''
  const facts = known ? shortFacts(known) : unknown
  const told = [provider?.name, facts].filter(Boolean).join(' · ')
  const bare = known?.model ?? (data ? model : model.slice(model.indexOf('/') + 1))
  const shownName = bare || (isPending ? '\u00a0' : 'Choose a model')
  const target = (
    <button
      type="button"
      className={classes.target}
      aria-haspopup="listbox"
      aria-expanded={opened}
      onClick={() => {
        setWanted(true)
        setOpened(!opened)
      }}
    >
      <span className={classes.words} title={known ? `${model}: ${factsOfModel(known)}` : model}>
        <span className={classes.label}>{label}: </span>
        <span className={classes.name}>{shownName}</span>
        {(isPending || told !== '') && <span className={classes.facts}>{told}</span>}
      </span>
      <ChevronDown size={15} aria-hidden />
    </button>
  )
  const heading = <h2 className={classes.heading}>{target}</h2>
  if (!wanted) return heading
  return (
    <Suspense fallback={heading}>
      <ModelList
        model={model}
        catalog={data}
        opened={opened}
        onClose={() => setOpened(false)}
        onChoose={(chosen) => playground.dispatch({ type: 'chose', column, model: chosen })}
      >
        {target}
      </ModelList>
    </Suspense>
  )
}
