import { Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Fingerprint } from 'lucide-react'
import { boot } from '../../boot.ts'
import { CodeBlock } from '../../ui/code-block.tsx'
import { Page } from '../../ui/page.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Empty, Failure, Waiting } from '../../ui/states.tsx'
import { Verbatim } from '../facts.tsx'
import { IssuerRecords } from './issuer-records.tsx'
import { issuersQuery } from './issuers-queries.ts'
import { TokenExplainer } from './token-explainer.tsx'

/** The page brings their names along, so that their number is known before anything else of them. */
const expected = boot.server.issuers.length

/** Whose tokens programs may come in by, and why a token was refused. */
export function IssuersPage() {
  const { data, error, refetch } = useQuery(issuersQuery)
  return (
    <Page
      title="Issuers"
      description="Whose tokens programs may come in by, in place of a key. The configuration names them."
    >
      <Stack gap="lg">
        {data ? (
          <Panel flush>{data.data.length > 0 ? <IssuerRecords issuers={data.data} /> : <NoIssuers />}</Panel>
        ) : error ? (
          <Failure error={error} retry={() => void refetch()} />
        ) : (
          <Panel flush>{expected === 0 ? <NoIssuers /> : <Waiting rows={expected} height={64} />}</Panel>
        )}
        <TokenExplainer />
      </Stack>
    </Page>
  )
}

function NoIssuers() {
  return (
    <Empty icon={Fingerprint} title="No issuer is trusted yet">
      <Stack gap="sm">
        <Text size="sm">
          Set the address of your identity provider in the environment and start the gateway again; several
          issuers, or rules for each, stand in <Verbatim>gatehouse.yaml</Verbatim>.
        </Text>
        <div style={{ textAlign: 'left' }}>
          <CodeBlock
            label="Environment of one issuer"
            code={'OIDC_ISSUER_URL=https://idp.example.com\nOIDC_AUDIENCE=gatehouse'}
          />
        </div>
      </Stack>
    </Empty>
  )
}
