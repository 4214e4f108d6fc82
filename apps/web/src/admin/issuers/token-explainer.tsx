import type { TokenExplained } from '@gatehouse/contracts'
import { Button, Group, Stack, Textarea } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { request } from '../../api/request.ts'
import { Panel } from '../../ui/panel.tsx'
import { Failure } from '../../ui/states.tsx'
import { Explained } from './explained.tsx'
import classes from './token-explainer.module.css'

/**
 * Says why a token is accepted or not. The token lives in the field alone, which no cache of calls sees, and goes when the
 * page is left, also where the browser would keep the page for the way back.
 */
export function TokenExplainer() {
  const [token, setToken] = useState('')
  const [explained, setExplained] = useState<TokenExplained | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const asked = useRef<AbortController>(null)

  useEffect(() => {
    const forget = () => setToken('')
    window.addEventListener('pagehide', forget)
    return () => {
      window.removeEventListener('pagehide', forget)
      asked.current?.abort()
    }
  }, [])

  const explain = async () => {
    asked.current?.abort()
    const asking = new AbortController()
    asked.current = asking
    setBusy(true)
    setError(null)
    try {
      const { signal } = asking
      setExplained(
        await request<TokenExplained>('/api/v1/admin/explain-token', {
          body: { token: token.trim() },
          signal,
        }),
      )
    } catch (failure) {
      if (asking.signal.aborted) return
      setExplained(null)
      setError(failure)
    }
    setBusy(false)
  }
  const clear = () => {
    asked.current?.abort()
    setBusy(false)
    setToken('')
    setExplained(null)
    setError(null)
  }

  return (
    <Panel
      title="Explain a token"
      description="Paste what a program sends after “Authorization: Bearer”. It is judged as a request would be, and neither kept nor logged."
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void explain()
        }}
      >
        <Stack gap="sm">
          <Textarea
            label="Token"
            classNames={{ input: classes.token }}
            rows={4}
            value={token}
            maxLength={65_536}
            autoComplete="off"
            autoCorrect="off"
            autoCapitalize="off"
            spellCheck={false}
            data-1p-ignore
            data-lpignore="true"
            onChange={(event) => setToken(event.currentTarget.value)}
          />
          <Group gap="xs">
            <Button type="submit" loading={busy} disabled={token.trim() === ''}>
              Explain
            </Button>
            <Button variant="default" onClick={clear} disabled={token === '' && !explained && error === null}>
              Clear
            </Button>
          </Group>
        </Stack>
      </form>
      <div role="status" aria-live="polite">
        {explained && <Explained explained={explained} />}
      </div>
      {error !== null && (
        <div className={classes.result}>
          <Failure error={error} retry={() => void explain()} />
        </div>
      )}
    </Panel>
  )
}
