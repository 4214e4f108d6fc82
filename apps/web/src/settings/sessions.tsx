import type { SessionView } from '@gatehouse/contracts'
import { Button } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Laptop, Smartphone, Terminal } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { deviceOf, isPhone } from '../ui/device.ts'
import { Ago } from '../ui/figures.tsx'
import { Failure, Waiting } from '../ui/states.tsx'
import { Status } from '../ui/status.tsx'
import { done } from '../ui/toast.ts'
import { Section } from './section.tsx'
import { endOtherSessions, endSession, sessionsQuery } from './sessions-query.ts'
import classes from './settings.module.css'

const Confirm = lazy(() => import('../ui/confirm.tsx').then((module) => ({ default: module.Confirm })))
const shownAtFirst = 5

/** Where one is signed in, and a way to end each of them. */
export function Sessions() {
  const sessions = useQuery(sessionsQuery)
  const queries = useQueryClient()
  const [whole, setWhole] = useState(false)
  const [ending, setEnding] = useState<SessionView | 'others' | null>(null)
  const renew = () => queries.invalidateQueries({ queryKey: sessionsQuery.queryKey })
  // This one first, then as they come: newest first.
  const all = sessions.data?.data.toSorted((one, other) => Number(other.current) - Number(one.current))
  const rows = whole ? all : all?.slice(0, shownAtFirst)
  return (
    <Section
      id="sessions"
      description="Where you are signed in. A session that is ended stops working within a second."
      actions={
        all && all.length > 1 ? (
          <Button size="xs" variant="default" onClick={() => setEnding('others')}>
            Sign out the others
          </Button>
        ) : undefined
      }
    >
      {rows ? (
        <ul className={classes.rows}>
          {rows.map((session) => (
            <SessionRow key={session.id} session={session} onEnd={() => setEnding(session)} />
          ))}
          {all && rows.length < all.length && (
            <li className={classes.row}>
              <Button size="xs" variant="default" onClick={() => setWhole(true)}>
                Show all {all.length}
              </Button>
            </li>
          )}
        </ul>
      ) : sessions.isError ? (
        <Failure error={sessions.error} retry={() => void sessions.refetch()} />
      ) : (
        <Waiting rows={2} height={56} />
      )}
      <Suspense fallback={null}>
        {ending === 'others' && (
          <Confirm
            opened
            onClose={() => setEnding(null)}
            title="Sign out everywhere else?"
            action="Sign out the others"
            onConfirm={async () => {
              const ended = await endOtherSessions().finally(renew)
              done(ended === 1 ? 'One session has ended.' : `${ended} sessions have ended.`)
            }}
          >
            Every browser and program that is signed in as you has to sign in again, but for this one. API
            keys go on.
          </Confirm>
        )}
        {ending !== null && ending !== 'others' && (
          <Confirm
            opened
            onClose={() => setEnding(null)}
            title="End this session?"
            action="End the session"
            onConfirm={async () => {
              await endSession(ending.id)
              await renew()
              done('The session has ended.')
            }}
          >
            {deviceOf(ending.user_agent)}
            {ending.address !== null && `, ${ending.address}`}: whoever uses it has to sign in again.
          </Confirm>
        )}
      </Suspense>
    </Section>
  )
}

function SessionRow({ session, onEnd }: { session: SessionView; onEnd: () => void }) {
  const { kind, current, address, user_agent, last_seen_at } = session
  const device = deviceOf(user_agent)
  const Icon = kind === 'token' ? Terminal : isPhone(user_agent) ? Smartphone : Laptop
  return (
    <li className={classes.row}>
      <Icon size={18} className={classes.icon} aria-hidden />
      <span className={classes.words}>
        <strong>{kind === 'token' ? `Token, by ${device}` : device}</strong>
        <span className={classes.small}>
          {address ?? 'unknown address'} ·{' '}
          {current ? (
            'here and now'
          ) : (
            <>
              seen <Ago at={last_seen_at} />
            </>
          )}
        </span>
      </span>
      {current ? (
        <Status kind="good">This session</Status>
      ) : (
        <Button
          size="xs"
          variant="default"
          aria-label={`End the session of ${device}, ${address ?? 'unknown address'}`}
          onClick={onEnd}
        >
          End
        </Button>
      )}
    </li>
  )
}
