import { lazy, Suspense } from 'react'
import { useSessionState } from '../api/session-state.ts'

const SessionDialog = lazy(() =>
  import('./session-dialog.tsx').then((module) => ({ default: module.SessionDialog })),
)

/** Watches whether the gateway still knows this browser. */
export function SessionGuard() {
  if (useSessionState() === 'open') return null
  return (
    <Suspense fallback={null}>
      <SessionDialog />
    </Suspense>
  )
}
