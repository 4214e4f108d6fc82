import type { SystemStatus } from '@gatehouse/contracts'
import { Anchor } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Ago } from '../../ui/figures.tsx'
import { bytes, count } from '../../ui/format.ts'
import { Status } from '../../ui/status.tsx'
import { Facts, Verbatim } from '../facts.tsx'
import { OneLine } from '../one-line.tsx'
import { providerName } from '../provider-name.ts'
import { States } from './states.tsx'

const kept = { own: 'of people’s own calls', all: 'of every call', none: 'of no call' }

/** What runs, since when and where. */
export function ProcessFacts({ status }: { status: SystemStatus }) {
  const { version, node_version, started_at, environment, public_url, sign_in_providers, content } = status
  const until = content.kept === 'none' ? '' : ` for ${count(content.retention_days)} days`
  return (
    <Facts
      of={[
        ['Version', version],
        ['Started', <Ago key="started" at={started_at} />],
        ['Environment', environment === 'production' ? 'Production' : 'Development'],
        ['Node.js', node_version],
        ['Address', <Verbatim key="url">{public_url}</Verbatim>],
        ['Sign-in', sign_in_providers.map((id) => providerName(id)).join(', ') || 'no way is configured'],
        ['Content', `Prompts and answers ${kept[content.kept]} are kept${until}.`],
      ]}
    />
  )
}

/** What goes on at this moment. */
export function NowFacts({ status: { live_calls, memory_bytes } }: { status: SystemStatus }) {
  return (
    <Facts
      of={[
        ['Running calls', <OneLine key="live">{count(live_calls)}</OneLine>],
        ['Memory', <OneLine key="memory">{bytes(memory_bytes)}</OneLine>],
      ]}
    />
  )
}

/** Where everything is kept. */
export function DatabaseFacts({ status: { database, spool } }: { status: SystemStatus }) {
  const { kind, version, size_bytes, migrations } = database
  return (
    <Facts
      of={[
        ['Kind', kind === 'embedded' ? 'Embedded, in the data folder' : 'Postgres server'],
        ['Version', version ?? '—'],
        ['Size', bytes(size_bytes)],
        [
          'Migrations',
          migrations.pending === 0 ? (
            <Status key="migrations" kind="good">
              All {count(migrations.applied)} applied
            </Status>
          ) : (
            <Status key="migrations" kind="warn">
              {count(migrations.applied)} applied, {count(migrations.pending)} pending
            </Status>
          ),
        ],
        [
          'Spool of calls',
          spool.waiting === 0 ? (
            <Status key="spool" kind="good">
              Empty
            </Status>
          ) : (
            <Status key="spool" kind="waiting">
              {count(spool.waiting)} not yet in the database, {bytes(spool.bytes)}
            </Status>
          ),
        ],
      ]}
    />
  )
}

/** Whom the gateway deals with, by how they stand. */
export function PeersFacts({ status: { providers, issuers } }: { status: SystemStatus }) {
  return (
    <Facts
      of={[
        ['Providers', <States key="providers" of={providers} none="none" />],
        ['Issuers', <States key="issuers" of={issuers} none="none is trusted" />],
        [
          'More',
          <span key="more">
            <Anchor fz="inherit" renderRoot={(props) => <Link to="/catalog" {...props} />}>
              Models by provider
            </Anchor>
            {', '}
            <Anchor fz="inherit" renderRoot={(props) => <Link to="/admin/issuers" {...props} />}>
              Trusted issuers
            </Anchor>
          </span>,
        ],
      ]}
    />
  )
}
