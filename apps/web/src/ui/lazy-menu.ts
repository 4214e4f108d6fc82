import { useRef, useState } from 'react'

/** A menu whose list comes when it is opened for the first time. */
export function useLazyMenu() {
  const [wanted, setWanted] = useState(false)
  const [opened, setOpened] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  return {
    /** It has been opened: the list belongs on the page. */
    wanted,
    /** For what opens it. */
    target: {
      ref: button,
      'aria-haspopup': 'menu' as const,
      onClick: () => {
        if (wanted) return
        setWanted(true)
        setOpened(true)
      },
    },
    /** For the list. */
    list: {
      opened,
      onChange: (next: boolean) => {
        setOpened(next)
        // The first time nobody else gives the focus back. Unless it went elsewhere with the click that closed the menu.
        if (!next)
          setTimeout(() => {
            if (document.activeElement === document.body) button.current?.focus()
          }, 200)
      },
    },
  }
}
