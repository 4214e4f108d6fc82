import { Button, Text } from '@mantine/core'
import { useState } from 'react'
import { errorOf, sentenceOf, unreachable } from '../api/api-error.ts'
import { Status } from '../ui/status.tsx'

/** Lists the models as a program with this key would: with the key alone, without the session. */
async function countModels(secret: string): Promise<number> {
  const response = await fetch('/v1/models', {
    headers: { authorization: `Bearer ${secret}` },
    credentials: 'omit',
    redirect: 'error',
  }).catch(() => {
    throw unreachable()
  })
  const text = await response.text()
  if (!response.ok) throw errorOf(response.status, text, response.headers.get('x-request-id'))
  return (JSON.parse(text) as { data: unknown[] }).data.length
}

/** Tries a key out. */
export function TestKey({ secret }: { secret: string }) {
  const [busy, setBusy] = useState(false)
  const [models, setModels] = useState<number | null>(null)
  const [error, setError] = useState<unknown>(null)
  const test = async () => {
    setBusy(true)
    setModels(null)
    setError(null)
    try {
      setModels(await countModels(secret))
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      <Button size="xs" variant="default" loading={busy} onClick={() => void test()}>
        Test this key
      </Button>
      <Text size="sm" component="span" role="status">
        {models !== null && (
          <Status kind="good">
            It works: {models} {models === 1 ? 'model' : 'models'}
          </Status>
        )}
        {error !== null && <Status kind="bad">{sentenceOf(error)}</Status>}
      </Text>
    </>
  )
}
