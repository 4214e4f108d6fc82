import { Group, Stack, Text, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'
import classes from './page.module.css'

interface PageProps {
  title: string
  /** One sentence: what this page is for. */
  description?: ReactNode
  /** Beside the title; the primary action of the page, if it has one. */
  actions?: ReactNode
  /** `text`: for reading; `table`: for lists; `full`: as wide as the window. */
  width?: 'text' | 'table' | 'full'
  children: ReactNode
}

/** What every page has: its name in the window's title and at its head, and room. */
export function Page({ title, description, actions, width = 'table', children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Gatehouse`
  }, [title])
  return (
    <div className={classes.page} data-width={width}>
      <Group justify="space-between" align="flex-start" gap="md" mb="lg">
        <Stack gap={4} className={classes.head}>
          <Title order={1}>{title}</Title>
          {description !== undefined && (
            <Text c="dimmed" size="md">
              {description}
            </Text>
          )}
        </Stack>
        {actions !== undefined && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </div>
  )
}
