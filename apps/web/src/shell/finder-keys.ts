import { boot } from '../boot.ts'

let listener: (() => void) | undefined
let missed = false

// From the moment that the script runs: a page whose parts are still on the way has keys pressed on it all the same.
addEventListener('keydown', (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== 'k')
    return
  if (!boot.me) return
  event.preventDefault()
  if (listener) listener()
  else missed = true
})

/**
 * Calls back whenever somebody who is signed in presses Ctrl K or ⌘ K, at once for what was pressed before the page
 * stood. One listener at a time.
 *
 * @returns Ends it.
 */
export function onFinderKeys(open: () => void): () => void {
  listener = open
  if (missed) {
    missed = false
    open()
  }
  return () => {
    listener = undefined
  }
}
