import { Tooltip } from '@mantine/core'
import { type RefObject, useEffect } from 'react'

interface HintBoxProps {
  id: string
  target: RefObject<HTMLElement | null>
  words: string
  onClose: () => void
}

/** The words of a hint, where there is room for them. Escape puts them away (WCAG 2.2, 1.4.13). */
export function HintBox({ id, target, words, onClose }: HintBoxProps) {
  useEffect(() => {
    const close = (event: KeyboardEvent) => {
      if (event.key === 'Escape') onClose()
    }
    document.addEventListener('keydown', close)
    return () => document.removeEventListener('keydown', close)
  }, [onClose])
  return <Tooltip id={id} target={target} label={words} opened />
}
