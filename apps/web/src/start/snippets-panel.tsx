import type { CatalogModel, NewKeyView } from '@gatehouse/contracts'
import { Box, Button, NativeSelect, Stack, Tabs, Text } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { useState } from 'react'
import { boot } from '../boot.ts'
import { CodeBlock } from '../ui/code-block.tsx'
import { Panel } from '../ui/panel.tsx'
import { CopyMadeKey, MadeKey, MakeKey, masked } from './make-key.tsx'
import { snippet, snippetKinds } from './snippets.ts'
import tabs from './tabs.module.css'

/** Where the key goes, as long as none was made here. */
const keyToCome = 'gh_YOUR_KEY'

interface SnippetsPanelProps {
  models: readonly CatalogModel[]
  model: string
  onModel: (id: string) => void
  made: NewKeyView | null
  /** Given where no step above makes the key. */
  onMade?: ((key: NewKeyView) => void) | undefined
}

/** The same call in every language. On the screen the key is masked; what is copied holds it whole. */
export function SnippetsPanel({ models, model, onModel, made, onMade }: SnippetsPanelProps) {
  const [making, setMaking] = useState(false)
  const [kept, keep] = useLocalStorage<string>({
    key: 'gatehouse.snippet',
    defaultValue: 'environment',
    getInitialValueInEffect: false,
  })
  const chosen = snippetKinds.find(({ kind }) => kind === kept)?.kind ?? 'environment'
  const baseUrl = `${boot.server.public_url}/v1`
  return (
    <Panel
      title="Call a model"
      description={
        made
          ? 'Each of these runs as it is copied: the copy holds your key, the screen does not.'
          : onMade
            ? `Put a key of yours in the place of ${keyToCome}, or make one for these.`
            : `Make a key above and it stands in here; or put one of yours in the place of ${keyToCome}.`
      }
      actions={
        <>
          <NativeSelect
            size="xs"
            aria-label="Model in the snippets"
            value={model}
            onChange={(event) => onModel(event.currentTarget.value)}
            data={models.length > 0 ? models.map(({ id }) => id) : [model]}
            miw="11rem"
            maw="18rem"
          />
          {onMade && !made && !making && (
            <Button size="xs" variant="default" onClick={() => setMaking(true)}>
              Make a key
            </Button>
          )}
        </>
      }
    >
      {onMade && (making || made) && (
        <Box maw="26rem" mb="lg">
          {made ? (
            <Stack gap="xs" align="flex-start">
              <MadeKey made={made} />
              <CopyMadeKey made={made} />
            </Stack>
          ) : (
            <MakeKey onMade={onMade} />
          )}
        </Box>
      )}
      <Tabs value={chosen} onChange={(value) => value !== null && keep(value)} keepMounted={false}>
        <Tabs.List aria-label="Language of the snippets" className={tabs.list}>
          {snippetKinds.map(({ kind, name }) => (
            <Tabs.Tab key={kind} value={kind} className={tabs.tab}>
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {snippetKinds.map(({ kind, name }) => (
          <Tabs.Panel key={kind} value={kind}>
            <CodeBlock
              label={`Snippet: ${name}`}
              code={snippet(kind, { baseUrl, model, key: made ? masked(made) : keyToCome })}
              copied={snippet(kind, { baseUrl, model, key: made?.key ?? keyToCome })}
            />
          </Tabs.Panel>
        ))}
      </Tabs>
      <Text size="xs" c="dimmed" mt="sm">
        Every client for OpenAI works the same way, with {baseUrl} as its base URL.
      </Text>
    </Panel>
  )
}
