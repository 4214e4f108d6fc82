import { type ComponentProps, lazy, Suspense } from 'react'

const Confirm = lazy(() => import('../ui/confirm.tsx').then((module) => ({ default: module.Confirm })))

/** Asks before something that hurts, while it is there; the window comes with the first question. */
export const Ask = (props: Omit<ComponentProps<typeof Confirm>, 'opened'>) => (
  <Suspense fallback={null}>
    <Confirm opened {...props} />
  </Suspense>
)
