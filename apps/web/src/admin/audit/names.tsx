import type { AuditView } from '@gatehouse/contracts'
import { Anchor, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Verbatim } from '../facts.tsx'
import classes from './audit-entries.module.css'

/** Who did it; the system where nobody did, an id where nobody of that id is left. */
export function ActorName({ entry: { actor, actor_id, action } }: { entry: AuditView }) {
  if (actor === null) {
    // Who fails to prove who they are is nobody that is known.
    const nobody = action.endsWith('failed') ? 'Somebody' : 'The system'
    return <span className={classes.who}>{actor_id === null ? nobody : <Verbatim>{actor_id}</Verbatim>}</span>
  }
  const to = actor.kind === 'service' ? '/admin/service-accounts/$id' : '/admin/users/$id'
  return (
    <Anchor
      fz="inherit"
      fw={500}
      c="inherit"
      renderRoot={(props) => <Link to={to} params={{ id: actor.id }} {...props} />}
    >
      {actor.name ?? actor.email ?? actor.id}
    </Anchor>
  )
}

const kinds: Record<string, string> = {
  principal: 'account',
  key: 'key',
  session: 'session',
  identity: 'identity',
}

/** Whom or what it was done to. */
export function TargetName({ entry: { target, target_name, actor_id } }: { entry: AuditView }) {
  if (target === null) return <span>—</span>
  if (target.id === actor_id) return <span>themselves</span>
  const name = target_name ?? <Verbatim>{target.id.slice(0, 8)}…</Verbatim>
  return (
    <div className={classes.target}>
      <Anchor
        fz="inherit"
        c="inherit"
        aria-label={`Entries about ${target_name ?? target.id}`}
        renderRoot={(props) => <Link to="/admin/audit" search={{ target_id: target.id }} {...props} />}
      >
        {name}
      </Anchor>
      <Text size="xs" c="dimmed">
        {kinds[target.kind] ?? target.kind}
      </Text>
    </div>
  )
}
