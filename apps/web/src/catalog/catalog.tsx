import { Button, Group, NativeSelect, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { SearchX } from 'lucide-react'
import { catalogQuery } from '../api/catalog.ts'
import { FindBox } from '../ui/find-box.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { Empty, Failure } from '../ui/states.tsx'
import { Aliases } from './aliases.tsx'
import classes from './catalog.module.css'
import { CatalogWaiting } from './catalog-waiting.tsx'
import { findModels } from './find-models.ts'
import { Provider } from './provider.tsx'
import type { CatalogSearch } from './search.ts'
import { Unconfigured } from './unconfigured.tsx'

const route = getRouteApi('/app/catalog')

/** The models that one may use and how their providers stand, as it is known now: no provider is asked for it. */
export function CatalogPage() {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  // Asked for again soon while a provider has not been heard of.
  const catalog = useQuery({
    ...catalogQuery,
    refetchInterval: ({ state: { data } }) => (data?.complete === false ? 3000 : 60_000),
  })
  const change = (changes: Partial<CatalogSearch>) =>
    void navigate({ search: (now) => ({ ...now, ...changes }), replace: true, resetScroll: false })
  const providers = catalog.data?.providers ?? []
  return (
    <Page
      title="Models"
      description="What you may use, what it costs, and how its provider has answered in the last hour."
    >
      <Stack gap="lg">
        <Group gap="xs" className={classes.bar}>
          <FindBox
            label="Find a model"
            placeholder="Find a model"
            value={search.query}
            onFind={(query) => change({ query })}
          />
          <NativeSelect
            aria-label="Provider"
            value={search.provider ?? ''}
            onChange={(event) => change({ provider: event.currentTarget.value || undefined })}
          >
            <option value="">All providers</option>
            {providers.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
            {search.provider !== undefined && !providers.some(({ id }) => id === search.provider) && (
              <option value={search.provider}>{search.provider}</option>
            )}
          </NativeSelect>
          {catalog.data?.complete === false && (
            <Text size="sm" c="dimmed" role="status">
              Some providers have not told their models yet.
            </Text>
          )}
        </Group>
        {catalog.isPending ? (
          <CatalogWaiting />
        ) : catalog.data === undefined ? (
          <Failure error={catalog.error} retry={() => void catalog.refetch()} />
        ) : (
          <Finds search={search} onClear={() => change({ query: undefined, provider: undefined })} />
        )}
      </Stack>
    </Page>
  )
}

function Finds({ search, onClear }: { search: CatalogSearch; onClear: () => void }) {
  const { data } = useQuery(catalogQuery)
  if (!data) return null
  const { aliases, providers, unconfigured } = findModels(data, search)
  const isLooking = search.query !== undefined || search.provider !== undefined
  if (aliases.length + providers.length + unconfigured.length === 0)
    return (
      <Panel>
        <Empty
          icon={SearchX}
          title="No model is called that"
          action={
            <Button variant="default" onClick={onClear}>
              Show all models
            </Button>
          }
        >
          Look for a part of its id, its name, or its provider.
        </Empty>
      </Panel>
    )
  return (
    <>
      {aliases.length > 0 && <Aliases aliases={aliases} />}
      {providers.map(({ provider, models }) => (
        <Provider key={provider.id} provider={provider} models={models} whole={search.query !== undefined} />
      ))}
      {unconfigured.length > 0 && (
        <Unconfigured
          key={String(isLooking)}
          providers={unconfigured}
          opened={isLooking || providers.every(({ provider }) => provider.demo)}
        />
      )}
    </>
  )
}
