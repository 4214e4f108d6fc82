import type { HistoryDetail } from '@gatehouse/contracts'
import { Button } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { Terminal } from 'lucide-react'
import { useState } from 'react'
import { boot } from '../boot.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { done, failed } from '../ui/toast.ts'
import { callQuery } from './calls-query.ts'
import { curlOf, isTellable } from './curl.ts'

/** Copies the call as a command; where only its beginning is here, all of it is fetched first. */
export function CopyCurl({ call }: { call: HistoryDetail }) {
  const [busy, setBusy] = useState(false)
  const queries = useQueryClient()
  const { public_url } = boot.server
  if (!isTellable(call)) return null
  if (!call.truncated)
    return <CopyButton value={() => curlOf(call, public_url)} label="Copy as curl" words="Copy as curl" />
  const copy = async () => {
    setBusy(true)
    try {
      await navigator.clipboard.writeText(
        curlOf(await queries.fetchQuery(callQuery(call.id, true)), public_url),
      )
      done('The command is copied.')
    } catch (error) {
      failed(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Button
      variant="default"
      size="xs"
      leftSection={<Terminal size={14} aria-hidden />}
      loading={busy}
      onClick={() => void copy()}
    >
      Copy as curl
    </Button>
  )
}
