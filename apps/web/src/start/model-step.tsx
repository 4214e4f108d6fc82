import type { Catalog } from '@gatehouse/contracts'
import { Button, Skeleton, Text } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { sentenceOf } from '../api/api-error.ts'
import { isAdmin, useMe } from '../api/me.ts'
import { chatModels } from '../catalog/chat-models.ts'
import { count } from '../ui/format.ts'
import { Step } from './step.tsx'

/** The first step: there is a model to call. The demo counts, by its name. */
export function ModelStep({ catalog }: { catalog: UseQueryResult<Catalog> }) {
  const { data } = catalog
  const models = data ? chatModels(data) : []
  return (
    <Step
      number={1}
      title={models.length > 0 ? 'A model is ready' : 'Have a model ready'}
      done={models.length > 0}
      action={
        catalog.isError && !data ? (
          <Button size="xs" variant="default" onClick={() => void catalog.refetch()}>
            Try again
          </Button>
        ) : data ? (
          <Button size="xs" variant="default" component={Link} to="/catalog">
            See the models
          </Button>
        ) : undefined
      }
    >
      {data ? (
        <Ready catalog={data} models={models.length} />
      ) : catalog.isError ? (
        <span role="alert">{sentenceOf(catalog.error)}</span>
      ) : (
        <Skeleton height={40} radius="sm" role="status" aria-label="Loading" />
      )}
    </Step>
  )
}

function Ready({ catalog: { data, providers, complete }, models }: { catalog: Catalog; models: number }) {
  const admin = isAdmin(useMe())
  const real = new Set(
    providers.filter(({ demo, state }) => !demo && state !== 'unconfigured').map(({ id }) => id),
  )
  const names = providers.filter(({ id, models: own }) => real.has(id) && own > 0).map(({ name }) => name)
  if (names.length > 0 && models > 0)
    return (
      <span>
        {count(models)} {models === 1 ? 'model answers' : 'models answer'}, from {list(names)}.
      </span>
    )
  if (models > 0)
    return (
      <>
        <span>
          The <strong>demo</strong> answers: it repeats what you write, and costs nothing.
        </span>
        <Text size="sm" c="dimmed">
          {admin
            ? 'For real answers set the key of a provider and start again; the list of models names each variable.'
            : 'For real answers an administrator has to set up a provider.'}
        </Text>
      </>
    )
  if (data.length === 0 && real.size > 0 && complete)
    return <span>You may not use any model yet. Ask an administrator to allow one.</span>
  return (
    <span>
      {complete
        ? 'No provider answers at the moment. This turns green by itself once one does.'
        : 'The providers are being asked for their models.'}
    </span>
  )
}

/** `Anthropic, Groq and 3 more`. */
function list(names: string[]): string {
  const shown = names.length > 4 ? [...names.slice(0, 3), `${names.length - 3} more`] : names
  return new Intl.ListFormat('en-GB').format(shown)
}
