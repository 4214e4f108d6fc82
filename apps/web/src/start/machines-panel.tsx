import { Anchor, Code, NativeSelect, Tabs, Text } from '@mantine/core'
import { useState } from 'react'
import { boot } from '../boot.ts'
import { CodeBlock } from '../ui/code-block.tsx'
import { Panel } from '../ui/panel.tsx'
import { type MachineSnippetKind, machineSnippet } from './snippets.ts'
import tabs from './tabs.module.css'

const kinds: readonly { kind: MachineSnippetKind; name: string }[] = [
  { kind: 'shell', name: 'Shell' },
  { kind: 'typescript', name: 'TypeScript' },
]

/** How a program calls without a key: with a token of an issuer that is trusted here. */
export function MachinesPanel({ model }: { model: string }) {
  const { issuers, public_url } = boot.server
  const [at, setAt] = useState(0)
  const issuer = issuers[at] ?? issuers[0]
  if (!issuer)
    return (
      <Panel title="For machines">
        <Text size="sm" c="dimmed" maw="44rem">
          Programs can come without a key, with a token of your own issuer. None is trusted here yet: an
          administrator sets <Code>OIDC_ISSUER_URL</Code> and <Code>OIDC_AUDIENCE</Code>, or{' '}
          <Code>issuers</Code> in gatehouse.yaml. The{' '}
          <Anchor href="/docs" underline="always">
            API reference
          </Anchor>{' '}
          says which calls such a token may make.
        </Text>
      </Panel>
    )
  return (
    <Panel
      title="For machines"
      description={
        <>
          A program with a token of {issuer.name} needs no key. The token has to be made for the audience{' '}
          {issuer.audiences.map((audience, index) => (
            <span key={audience}>
              {index > 0 && ' or '}
              <Code>{audience}</Code>
            </span>
          ))}
          . With its first call it appears here as a service account.
        </>
      }
      actions={
        issuers.length > 1 ? (
          <NativeSelect
            size="xs"
            aria-label="Issuer in the snippets"
            value={String(at)}
            onChange={(event) => setAt(Number(event.currentTarget.value))}
            data={issuers.map(({ name }, index) => ({ value: String(index), label: name }))}
          />
        ) : undefined
      }
    >
      <Tabs defaultValue="shell" keepMounted={false}>
        <Tabs.List aria-label="Language of the snippets for machines" className={tabs.list}>
          {kinds.map(({ kind, name }) => (
            <Tabs.Tab key={kind} value={kind} className={tabs.tab}>
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {kinds.map(({ kind, name }) => (
          <Tabs.Panel key={kind} value={kind}>
            <CodeBlock
              label={`Snippet for machines: ${name}`}
              code={machineSnippet(kind, { baseUrl: `${public_url}/v1`, model, issuer: issuer.issuer })}
            />
          </Tabs.Panel>
        ))}
      </Tabs>
    </Panel>
  )
}
