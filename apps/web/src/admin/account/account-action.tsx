import { Button, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Failure } from '../../ui/states.tsx'
import { done } from '../../ui/toast.ts'
import { Ask } from '../ask.tsx'
import classes from './account.module.css'

interface Confirmation {
  title: string
  text: ReactNode
}

interface AccountActionProps {
  title: string
  /** How it stands, and what the button would do. */
  children: ReactNode
  /** On the button. */
  label: string
  /** What is asked before; absent for what harms nobody. */
  confirm?: Confirmation
  /** Ends when the page shows what the server has now. */
  act: () => Promise<unknown>
  /** Said when it is done. */
  said: string
}

/** Something that an admin may do to an account, with what it means beside the button. */
export function AccountAction({ title, children, label, confirm, act, said }: AccountActionProps) {
  // What was asked stays as it was, though the account stands otherwise once it is done.
  const [asked, setAsked] = useState<(Confirmation & { action: string }) | null>(null)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const run = async () => {
    await act()
    done(said)
  }
  const runAtOnce = async () => {
    setBusy(true)
    setError(null)
    await run().catch(setError)
    setBusy(false)
  }
  return (
    <div className={classes.action}>
      <div>
        <Text size="sm" fw={550}>
          {title}
        </Text>
        <Text size="sm" c="dimmed" component="div">
          {children}
        </Text>
      </div>
      <Button
        variant="default"
        size="xs"
        loading={busy}
        onClick={() => {
          if (confirm) setAsked({ ...confirm, action: label })
          else void runAtOnce()
        }}
      >
        {label}
      </Button>
      {error !== null && <Failure error={error} />}
      {asked && (
        <Ask title={asked.title} action={asked.action} onClose={() => setAsked(null)} onConfirm={run}>
          {asked.text}
        </Ask>
      )}
    </div>
  )
}
