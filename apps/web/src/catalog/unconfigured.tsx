import type { CatalogProvider } from '@gatehouse/contracts'
import { Collapse, Stack, Text, Title, UnstyledButton } from '@mantine/core'
import { ChevronRight } from 'lucide-react'
import { useId, useState } from 'react'
import { CodeBlock } from '../ui/code-block.tsx'
import { Panel } from '../ui/panel.tsx'
import classes from './catalog.module.css'

/** Providers that could be used once something is set, and what. */
export function Unconfigured({ providers, opened }: { providers: CatalogProvider[]; opened: boolean }) {
  const [isOpen, setOpen] = useState(opened)
  const list = useId()
  return (
    <Panel>
      <Title order={2} fz="md">
        <UnstyledButton
          className={classes.fold}
          aria-expanded={isOpen}
          aria-controls={list}
          onClick={() => setOpen(!isOpen)}
        >
          <ChevronRight size={16} aria-hidden />
          Not configured ({providers.length})
        </UnstyledButton>
      </Title>
      <Text size="sm" c="dimmed">
        Each needs a line in the .env of the gateway, then a restart.
      </Text>
      <div id={list}>
        <Collapse expanded={isOpen} transitionDuration={120}>
          <ul className={classes.missing}>
            {providers.map(({ id, name, missing }) => (
              <Stack component="li" key={id} gap={6} pt="md">
                <Title order={3}>{name}</Title>
                {missing.length === 0 ? (
                  <Text size="sm" c="dimmed">
                    It is turned off.
                  </Text>
                ) : (
                  <CodeBlock
                    code={missing.map((variable) => `${variable}=`).join('\n')}
                    label={`Lines for ${name} in .env`}
                  />
                )}
              </Stack>
            ))}
          </ul>
        </Collapse>
      </div>
    </Panel>
  )
}
