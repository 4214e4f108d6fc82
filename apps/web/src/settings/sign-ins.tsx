import { Button, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { Fingerprint } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { meQuery, useMe } from '../api/me.ts'
import { request } from '../api/request.ts'
import { boot } from '../boot.ts'
import { day } from '../ui/format.ts'
import { done } from '../ui/toast.ts'
import { Section } from './section.tsx'
import classes from './settings.module.css'

const Confirm = lazy(() => import('../ui/confirm.tsx').then((module) => ({ default: module.Confirm })))
const nameOf = (provider: string) => boot.sign_in.find(({ id }) => id === provider)?.name ?? provider

/** The ways into this account; the last one stays. */
export function SignIns() {
  const { identities } = useMe()
  const queries = useQueryClient()
  const [leaving, setLeaving] = useState<{ id: string; provider: string } | null>(null)
  const only = identities.length < 2
  const toLink = boot.sign_in.filter(({ browser }) => browser)
  return (
    <Section
      id="sign-ins"
      description="Each of these leads into this account. Link a second one, so that you get in when the first cannot be reached."
    >
      <ul className={classes.rows}>
        {identities.map(({ id, provider, linked_at }) => (
          <li key={id} className={classes.row}>
            <Fingerprint size={18} className={classes.icon} aria-hidden />
            <span className={classes.words}>
              <strong>{nameOf(provider)}</strong>
              <span className={classes.small}>linked {day(linked_at)}</span>
            </span>
            {only ? (
              <Text size="xs" c="dimmed">
                The last one stays
              </Text>
            ) : (
              <Button
                size="xs"
                variant="default"
                aria-label={`Unlink ${nameOf(provider)}, linked ${day(linked_at)}`}
                onClick={() => setLeaving({ id, provider })}
              >
                Unlink
              </Button>
            )}
          </li>
        ))}
        {toLink.length > 0 && (
          <li className={classes.row}>
            {toLink.map(({ id, name }) => (
              <Button
                key={id}
                component="a"
                size="xs"
                variant="default"
                href={`/auth/${encodeURIComponent(id)}/start?link=1&next=${encodeURIComponent(`/settings?linked=${id}`)}`}
              >
                {identities.some(({ provider }) => provider === id)
                  ? `Link another ${name} account`
                  : `Link ${name}`}
              </Button>
            ))}
          </li>
        )}
      </ul>
      {leaving && (
        <Suspense fallback={null}>
          <Confirm
            opened
            onClose={() => setLeaving(null)}
            title={`Unlink ${nameOf(leaving.provider)}?`}
            action="Unlink"
            onConfirm={async () => {
              await request(`/auth/identities/${leaving.id}`, { method: 'DELETE' })
              await queries.invalidateQueries({ queryKey: meQuery.queryKey })
              void queries.invalidateQueries({ queryKey: ['sessions'] })
              done(`${nameOf(leaving.provider)} is unlinked.`)
            }}
          >
            You can no longer sign in with it, and the other sessions that began with{' '}
            {nameOf(leaving.provider)} end. This one goes on. To link it again takes a new sign-in.
          </Confirm>
        </Suspense>
      )}
    </Section>
  )
}
