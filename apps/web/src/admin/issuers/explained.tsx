import type { TokenExplained } from '@gatehouse/contracts'
import { Anchor, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Status } from '../../ui/status.tsx'
import { Facts } from '../facts.tsx'
import { Said } from './said.tsx'
import classes from './token-explainer.module.css'

const kinds: Record<TokenExplained['kind'], string> = {
  issuer: 'a token of an issuer',
  session: 'a session token of this gateway',
  key: 'an API key of this gateway',
}
const checks: Record<string, string> = {
  form: 'Form',
  issuer: 'Issuer',
  algorithm: 'Algorithm',
  time: 'Time',
  audience: 'Audience',
  purpose: 'Purpose',
  signature: 'Signature',
  introspection: 'Introspection',
  client: 'Client',
  claims: 'Claims',
  identity: 'Identity',
  key: 'Key',
  session: 'Session',
}

/** What would become of a request with a token: each check, the answer and how to mend it, and who it would be. */
export function Explained({
  explained: { kind, accepted, steps, refusal, identity, principal },
}: {
  explained: TokenExplained
}) {
  return (
    <div className={classes.result}>
      <div className={classes.verdict}>
        <Title order={3} fz="sm" fw={600}>
          {accepted ? 'A request with it is let in' : 'A request with it is refused'}
        </Title>
        <Text size="sm" c="dimmed">
          It looks like {kinds[kind]}.
        </Text>
        {refusal && (
          <Text size="sm">
            Answered with {refusal.status} <code>{refusal.code}</code>: {refusal.message}
          </Text>
        )}
      </div>
      <ol className={classes.steps} aria-label="Checks">
        {steps.map(({ check, passed, detail }) => (
          <li key={check} className={classes.step}>
            <Status kind={passed ? 'good' : 'bad'}>
              {checks[check] ?? check}: {passed ? 'passed' : 'failed'}
            </Status>
            <span>{detail}</span>
          </li>
        ))}
      </ol>
      {identity && <Said identity={identity} />}
      {(principal || accepted) && (
        <>
          <Title order={3} fz="sm" fw={600} mt="lg" mb="xs">
            Whose it is
          </Title>
          {principal ? (
            <Facts
              of={[
                [
                  principal.kind === 'user' ? 'Person' : 'Service account',
                  <Anchor
                    key="name"
                    fz="inherit"
                    renderRoot={(props) => (
                      <Link
                        to={principal.kind === 'user' ? '/admin/users/$id' : '/admin/service-accounts/$id'}
                        params={{ id: principal.id }}
                        {...props}
                      />
                    )}
                  >
                    {principal.name ?? principal.id}
                  </Anchor>,
                ],
                ['Status', principal.status === 'active' ? 'Active' : 'Disabled'],
              ]}
            />
          ) : (
            <Text size="sm">Nobody has come by it yet. Its first request makes a service account.</Text>
          )}
        </>
      )}
    </div>
  )
}
