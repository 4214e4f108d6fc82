import type { NewKeyView } from '@gatehouse/contracts'
import { Alert, Button, Code, Group, Modal, Stack, Text } from '@mantine/core'
import { CircleAlert, Download } from 'lucide-react'
import { useState } from 'react'
import { boot } from '../boot.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { day } from '../ui/format.ts'
import classes from './keys.module.css'
import { TestKey } from './test-key.tsx'

interface ShownKeyProps {
  made: NewKeyView
  /** In the place of another. */
  rotated: boolean
  onClose: () => void
}

/** The one time that a key is shown. To leave without a copy of it takes a second click. */
export function ShownKey({ made, rotated, onClose }: ShownKeyProps) {
  const [saved, setSaved] = useState(false)
  const [warned, setWarned] = useState(false)
  const keep = () => {
    setSaved(true)
    setWarned(false)
  }
  const close = () => {
    if (saved || warned) onClose()
    else setWarned(true)
  }
  return (
    <Modal
      opened
      onClose={close}
      closeOnClickOutside={false}
      title={rotated ? 'Your new key' : 'Your key'}
      size="lg"
    >
      <Stack gap="md">
        <Text size="sm">
          This is the only time that <strong>{made.name}</strong> is shown: nobody can look it up later, not
          even an administrator. It holds until {day(made.expires_at)}.
        </Text>
        <Code block className={classes.secret} aria-label="Key" role="group">
          {made.key}
        </Code>
        <Group gap="xs">
          <CopyButton value={made.key} label="Copy the key" words="Copy" onCopied={keep} />
          <Button
            size="xs"
            variant="default"
            leftSection={<Download size={14} />}
            onClick={() => {
              download(made)
              keep()
            }}
          >
            Download .env
          </Button>
          <TestKey secret={made.key} />
        </Group>
        {warned && (
          <Alert
            role="alert"
            variant="default"
            icon={<CircleAlert size={18} />}
            classNames={{ root: classes.notice, icon: classes.noticeIcon }}
          >
            The key has not been copied. Once this window is closed it cannot be shown again; close it once
            more if you do not need it.
          </Alert>
        )}
        <Group justify="flex-end">
          <Button onClick={onClose}>I saved it</Button>
        </Group>
      </Stack>
    </Modal>
  )
}

/** The two lines that any OpenAI client reads. */
function download({ key }: NewKeyView): void {
  const lines = `OPENAI_BASE_URL=${boot.server.public_url}/v1\nOPENAI_API_KEY=${key}\n`
  const address = URL.createObjectURL(new Blob([lines], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = address
  // A name that begins with a dot is changed by browsers.
  link.download = 'gatehouse.env'
  link.click()
  URL.revokeObjectURL(address)
}
