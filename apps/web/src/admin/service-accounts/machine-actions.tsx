import type { ServiceAccountView } from '@gatehouse/contracts'
import { Button, Text } from '@mantine/core'
import { lazy, Suspense, useState } from 'react'
import { request } from '../../api/request.ts'
import { Panel } from '../../ui/panel.tsx'
import account from '../account/account.module.css'
import { AccountAction } from '../account/account-action.tsx'
import { accountName } from './account-name.ts'
import { modelWords } from './model-words.ts'
import { pathOf } from './service-account-queries.ts'

const ModelsDialog = lazy(() =>
  import('./models-dialog.tsx').then((module) => ({ default: module.ModelsDialog })),
)
const RenameDialog = lazy(() =>
  import('./rename-dialog.tsx').then((module) => ({ default: module.RenameDialog })),
)

interface MachineActionsProps {
  account: ServiceAccountView
  onChange: () => Promise<unknown>
}

/** What an admin can do to a service account. */
export function MachineActions({ account: machine, onChange }: MachineActionsProps) {
  const [open, setOpen] = useState<'name' | 'models' | null>(null)
  const name = accountName(machine)
  const post = (action: string) => async () => {
    await request(`${pathOf(machine.id)}/${action}`, { method: 'POST' })
    await onChange()
  }
  const edits = [
    { what: 'name' as const, title: 'Name', words: machine.name ?? 'It has none yet.', label: 'Rename' },
    {
      what: 'models' as const,
      title: 'Models',
      words: `It may use ${modelWords(machine.models)}.`,
      label: 'Change the models',
    },
  ]
  return (
    <Panel title="Actions">
      <div>
        {edits.map(({ what, title, words, label }) => (
          <div key={what} className={account.action}>
            <div>
              <Text size="sm" fw={550}>
                {title}
              </Text>
              <Text size="sm" c="dimmed">
                {words}
              </Text>
            </div>
            <Button variant="default" size="xs" onClick={() => setOpen(what)}>
              {label}
            </Button>
          </div>
        ))}
        <AccountAction
          title="Access"
          {...(machine.status === 'active' ? disabling(name) : enabling(name))}
          act={post(machine.status === 'active' ? 'disable' : 'enable')}
        />
      </div>
      <Suspense fallback={null}>
        {open === 'name' && (
          <RenameDialog account={machine} onClose={() => setOpen(null)} onChange={onChange} />
        )}
        {open === 'models' && (
          <ModelsDialog account={machine} onClose={() => setOpen(null)} onChange={onChange} />
        )}
      </Suspense>
    </Panel>
  )
}

const disabling = (name: string) => ({
  label: 'Disable the account',
  children: 'Active: it can call models.',
  confirm: {
    title: `Disable ${name}`,
    text: 'Its tokens, keys and running calls end within 5 seconds. It can be taken back: enable the account again.',
  },
  said: `${name} is disabled.`,
})

const enabling = (name: string) => ({
  label: 'Enable the account',
  children:
    'Disabled: neither its tokens nor its keys work. Enabled again, those that have not ended work again.',
  said: `${name} is enabled.`,
})
