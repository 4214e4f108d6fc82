import { MultiSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { catalogQuery } from '../api/catalog.ts'
import classes from './keys.module.css'

interface ModelChoiceProps {
  value: string[]
  onChange: (models: string[]) => void
  error: string | undefined
}

/** Chooses among what the catalogue has: single models, aliases, and all of a provider, also what it brings later. */
export function ModelChoice({ value, onChange, error }: ModelChoiceProps) {
  const catalog = useQuery(catalogQuery)
  const models = catalog.data?.data ?? []
  const providers = [...new Set(models.filter(({ alias }) => !alias).map(({ provider }) => provider))]
  const groups = [
    { group: 'All of a provider', items: providers.map((id) => `${id}/*`) },
    { group: 'Aliases', items: models.filter(({ alias }) => alias).map(({ id }) => id) },
    { group: 'Models', items: models.filter(({ alias }) => !alias).map(({ id }) => id) },
  ]
  return (
    <MultiSelect
      label="Which models"
      description="provider/* stands for all models of a provider, also those to come."
      placeholder={
        value.length > 0 ? '' : catalog.isPending ? 'The models are being fetched' : 'Type to find one'
      }
      data={groups.filter(({ items }) => items.length > 0)}
      value={value}
      onChange={onChange}
      searchable
      hidePickedOptions
      limit={80}
      maxValues={100}
      error={
        error ??
        (catalog.isError ? 'The models could not be fetched. Close this window, then try again.' : undefined)
      }
      // Inside of the dialog, and the list itself scrolls: both for who does not see the screen.
      comboboxProps={{ withinPortal: false }}
      withScrollArea={false}
      classNames={{ options: classes.options }}
    />
  )
}
