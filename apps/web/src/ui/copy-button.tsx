import { ActionIcon, Button } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { Check, Copy } from 'lucide-react'
import { useRef } from 'react'
import { useHint } from './hint.tsx'

interface CopyButtonProps {
  /** What is copied; a function where it is made at that moment. */
  value: string | (() => string)
  /** What a screen reader and the tooltip say. */
  label: string
  /** With these words instead of the picture alone. */
  words?: string
  onCopied?: () => void
}

/** Copies, and says that it did. */
export function CopyButton({ value, label, words, onCopied }: CopyButtonProps) {
  const clipboard = useClipboard({ timeout: 1600 })
  const button = useRef<HTMLButtonElement>(null)
  const { on, hint } = useHint(button, clipboard.copied ? 'Copied' : label)
  const copy = () => {
    clipboard.copy(typeof value === 'function' ? value() : value)
    onCopied?.()
  }
  const Icon = clipboard.copied ? Check : Copy
  const said = (
    <span
      role="status"
      style={{ position: 'absolute', width: 1, height: 1, overflow: 'hidden', clipPath: 'inset(50%)' }}
    >
      {clipboard.copied ? 'Copied' : ''}
    </span>
  )
  if (words !== undefined)
    return (
      <Button
        variant="default"
        size="xs"
        leftSection={<Icon size={14} />}
        onClick={copy}
        aria-label={clipboard.copied ? 'Copied' : label}
      >
        {clipboard.copied ? 'Copied' : words}
        {said}
      </Button>
    )
  return (
    <>
      <ActionIcon
        ref={button}
        size="md"
        onClick={copy}
        aria-label={label}
        {...on}
        aria-describedby={undefined}
      >
        <Icon size={15} />
        {said}
      </ActionIcon>
      {hint}
    </>
  )
}
