import { ActionIcon, Button } from '@mantine/core'
import { useTimeout } from '@mantine/hooks'
import { Check, Copy } from 'lucide-react'
import { useRef, useState } from 'react'
import { useHint } from './hint.tsx'
import { refused } from './toast.ts'

interface CopyButtonProps {
  /** What is copied; a function where it is made at that moment. */
  value: string | (() => string)
  /** What a screen reader and the tooltip say. */
  label: string
  /** With these words instead of the picture alone. */
  words?: string
  /** Once it is in the clipboard. */
  onCopied?: () => void
}

/** Copies, and says that it did. */
export function CopyButton({ value, label, words, onCopied }: CopyButtonProps) {
  const [copied, setCopied] = useState(false)
  const { start: forget } = useTimeout(() => setCopied(false), 1600)
  const button = useRef<HTMLButtonElement>(null)
  const { on, hint } = useHint(button, copied ? 'Copied' : label)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof value === 'function' ? value() : value)
    } catch {
      return refused('This browser let nothing be copied. Mark the text and copy it by hand.')
    }
    setCopied(true)
    forget()
    onCopied?.()
  }
  const Icon = copied ? Check : Copy
  const said = (
    <span
      role="status"
      style={{ position: 'absolute', width: 1, height: 1, overflow: 'hidden', clipPath: 'inset(50%)' }}
    >
      {copied ? 'Copied' : ''}
    </span>
  )
  if (words !== undefined)
    return (
      <Button
        variant="default"
        size="xs"
        leftSection={<Icon size={14} />}
        onClick={() => void copy()}
        aria-label={copied ? 'Copied' : label}
      >
        {copied ? 'Copied' : words}
        {said}
      </Button>
    )
  return (
    <>
      <ActionIcon
        ref={button}
        size="md"
        onClick={() => void copy()}
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
