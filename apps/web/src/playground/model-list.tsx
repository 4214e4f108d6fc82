import type { Catalog, CatalogModel } from '@gatehouse/contracts'
import { Combobox, useCombobox } from '@mantine/core'
import { type ReactElement, useEffect, useId, useState } from 'react'
import { isChat } from '../catalog/chat-models.ts'
import { factsOfModel } from './model-facts.ts'
import classes from './model-picker.module.css'

/** More than can be looked through; what is typed makes them fewer. */
const most = 80

interface ModelListProps {
  model: string
  catalog: Catalog | undefined
  opened: boolean
  onClose: () => void
  onChoose: (model: string) => void
  children: ReactElement
}

/** The models, by provider, narrowed by what is typed. */
export function ModelList({ model, catalog, opened, onClose, onChoose, children }: ModelListProps) {
  const [typed, setTyped] = useState('')
  const list = useId()
  const combobox = useCombobox({ opened, onDropdownClose: onClose })
  // biome-ignore lint/correctness/useExhaustiveDependencies: the store is another object every time
  useEffect(() => {
    if (!opened) return
    setTyped('')
    combobox.focusSearchInput()
  }, [opened])
  const words = typed.trim().toLowerCase().split(/\s+/).filter(Boolean)
  const found = (catalog?.data ?? []).filter(
    (entry) =>
      isChat(entry) && words.every((word) => `${entry.id} ${entry.name ?? ''}`.toLowerCase().includes(word)),
  )
  const groups = Map.groupBy(found.slice(0, most), ({ provider }) => provider)
  const own = typed.trim()
  const nameOf = (provider: string) =>
    provider === 'gatehouse'
      ? 'Aliases'
      : (catalog?.providers.find(({ id }) => id === provider)?.name ?? provider)
  return (
    <Combobox
      store={combobox}
      width="26rem"
      position="bottom-start"
      shadow="md"
      withinPortal={false}
      onOptionSubmit={(chosen) => {
        onChoose(chosen)
        onClose()
        combobox.focusTarget()
      }}
    >
      <h2 className={classes.heading}>
        <Combobox.Target withAriaAttributes={false} targetType="button">
          {children}
        </Combobox.Target>
      </h2>
      <Combobox.Dropdown className={classes.dropdown} data-picker>
        <Combobox.Search
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value)
            combobox.updateSelectedOptionIndex()
          }}
          role="combobox"
          aria-expanded={opened}
          aria-controls={list}
          onKeyDown={(event) => {
            if (event.key === 'Escape') combobox.focusTarget()
          }}
          placeholder="Find a model"
          aria-label="Find a model"
        />
        <Combobox.Options id={list} mah="min(22rem, 45vh)" className={classes.options} aria-label="Models">
          {[...groups].map(([provider, models]) => (
            <Combobox.Group key={provider} label={nameOf(provider)}>
              {models.map((entry) => (
                <Model key={entry.id} entry={entry} active={entry.id === model} />
              ))}
            </Combobox.Group>
          ))}
          {own.length > 0 && !found.some(({ id }) => id === own) && (
            <Combobox.Option value={own}>Use “{own}” as it is</Combobox.Option>
          )}
          {found.length === 0 && own === '' && <Combobox.Empty>No model is ready yet.</Combobox.Empty>}
        </Combobox.Options>
        {found.length > most && (
          <Combobox.Footer className={classes.optionFacts}>
            {found.length - most} more. Type to find them.
          </Combobox.Footer>
        )}
      </Combobox.Dropdown>
    </Combobox>
  )
}

function Model({ entry, active }: { entry: CatalogModel; active: boolean }) {
  return (
    <Combobox.Option value={entry.id} active={active} className={classes.option}>
      <span>{entry.model}</span>
      <span className={classes.optionFacts}>{factsOfModel(entry)}</span>
    </Combobox.Option>
  )
}
