import { useEffect, useState } from 'react'

/**
 * For a dialog that is there only while it is open: when it goes, the focus goes back to where it came from. Mantine's own
 * way takes a dialog that stays and is told to close.
 */
export function useReturnFocus(): void {
  const [from] = useState(() => document.activeElement)
  useEffect(
    () => () =>
      void setTimeout(() => {
        // Somebody else may have taken it by now.
        if (document.activeElement !== null && document.activeElement !== document.body) return
        const goal = from?.isConnected && from !== document.body ? from : document.getElementById('content')
        if (goal instanceof HTMLElement) goal.focus({ preventScroll: true })
      }),
    [from],
  )
}
