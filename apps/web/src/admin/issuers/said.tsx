import type { TokenExplained } from '@gatehouse/contracts'
import { Title } from '@mantine/core'
import { useTimeZone } from '../../time-zone.ts'
import { moment } from '../../ui/format.ts'
import { Facts, Verbatim } from '../facts.tsx'
import { modelWords } from '../service-accounts/model-words.ts'

/** What the token of an issuer says of who comes by it. */
export function Said({ identity }: { identity: NonNullable<TokenExplained['identity']> }) {
  const [zone] = useTimeZone()
  const { issuer, subject, name, client_id, team, roles, models, expires_at } = identity
  return (
    <>
      <Title order={3} fz="sm" fw={600} mt="lg" mb="xs">
        What it says
      </Title>
      <Facts
        of={[
          ['Issuer', <Verbatim key="issuer">{issuer}</Verbatim>],
          ['Subject', <Verbatim key="subject">{subject}</Verbatim>],
          name === null ? null : ['Name', name],
          client_id === null ? null : ['Client', <Verbatim key="client">{client_id}</Verbatim>],
          team === null ? null : ['Team', team],
          ['Roles', roles.join(', ') || 'none'],
          ['Models', modelWords(models)],
          ['Ends', moment(expires_at, zone)],
        ]}
      />
    </>
  )
}
