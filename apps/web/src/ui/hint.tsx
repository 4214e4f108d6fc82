import { type FocusEvent, lazy, type PointerEvent, type RefObject, Suspense, useId, useState } from 'react'

const HintBox = lazy(() => import('./hint-box.tsx').then((module) => ({ default: module.HintBox })))

/**
 * A few words beside something, under the pointer and on focus. What places them comes when they are first wanted: no
 * page needs it to be shown.
 * @returns what the thing is given, and what is put beside it
 */
export function useHint<Target extends HTMLElement>(target: RefObject<Target | null>, words: string) {
  const id = useId()
  const [shown, setShown] = useState(false)
  const show = () => setShown(true)
  const hide = () => setShown(false)
  return {
    on: {
      'aria-describedby': shown ? id : undefined,
      onPointerEnter: (_event: PointerEvent) => show(),
      onPointerLeave: (_event: PointerEvent) => hide(),
      onFocus: (_event: FocusEvent) => show(),
      onBlur: (_event: FocusEvent) => hide(),
    },
    hint: shown ? (
      <Suspense fallback={null}>
        <HintBox id={id} target={target} words={words} onClose={hide} />
      </Suspense>
    ) : null,
  }
}
