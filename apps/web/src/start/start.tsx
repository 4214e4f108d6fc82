import type { NewKeyView } from '@gatehouse/contracts'
import { Skeleton, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { chatModels, firstModel } from '../catalog/chat-models.ts'
import { Page } from '../ui/page.tsx'
import { Failure } from '../ui/states.tsx'
import { CallStep } from './call-step.tsx'
import { KeyStep } from './key-step.tsx'
import { LastCall } from './last-call.tsx'
import { MachinesPanel } from './machines-panel.tsx'
import { ModelStep } from './model-step.tsx'
import { NextSteps } from './next-steps.tsx'
import { SnippetsPanel } from './snippets-panel.tsx'
import { firstModelsQuery, lastCallQuery, lastKeyQuery } from './start-queries.ts'
import { Steps } from './step.tsx'

/** From nothing to the first call; for who has called before, the snippets and the ways on. */
export function StartPage() {
  const catalog = useQuery(firstModelsQuery)
  const lastCall = useQuery(lastCallQuery)
  // Known from the first answer on: the steps stay in sight when the call comes that they were there for.
  const [wasNew, setWasNew] = useState(false)
  if (lastCall.data === null && !wasNew) setWasNew(true)
  const lastKey = useQuery({ ...lastKeyQuery, enabled: wasNew })
  const [made, setMade] = useState<NewKeyView | null>(null)
  const [chosen, setChosen] = useState<string | null>(null)

  const models = catalog.data ? chatModels(catalog.data) : []
  const model = chosen ?? (catalog.data && firstModel(catalog.data)?.id) ?? 'demo/echo'
  // All at once: steps that come one by one would push each other down.
  const isWaiting = lastCall.isPending || (wasNew && (catalog.isPending || lastKey.isPending))
  return (
    <Page title="Start" description="Call any model from your code.">
      {isWaiting ? (
        <Stack gap="lg" role="status" aria-label="Loading">
          <Skeleton height={200} radius="lg" />
          <Skeleton height={380} radius="lg" />
        </Stack>
      ) : (
        <Stack gap="lg">
          {lastCall.isError && lastCall.data === undefined ? (
            <Failure error={lastCall.error} retry={() => void lastCall.refetch()} />
          ) : wasNew || !lastCall.data ? (
            <Steps>
              <ModelStep catalog={catalog} />
              <KeyStep before={lastKey.isError ? null : lastKey.data} made={made} onMade={setMade} />
              <CallStep call={lastCall.data} />
            </Steps>
          ) : (
            <LastCall call={lastCall.data} />
          )}
          <SnippetsPanel
            models={models}
            model={model}
            onModel={setChosen}
            made={made}
            onMade={wasNew ? undefined : setMade}
          />
          <MachinesPanel model={model} />
          <NextSteps />
        </Stack>
      )}
    </Page>
  )
}
