import { Box, Group, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './panel.module.css'

interface PanelProps {
  title?: ReactNode
  description?: ReactNode
  actions?: ReactNode
  /** Without room inside: for tables that go to its edge. */
  flush?: boolean
  /** Of the heading; 2 unless the panel stands below another heading. */
  order?: 2 | 3
  children?: ReactNode
}

/** A part of a page, with a line around it. */
export function Panel({ title, description, actions, flush = false, order = 2, children }: PanelProps) {
  return (
    <Box component="section" className={classes.panel} data-flush={flush || undefined}>
      {(title !== undefined || actions !== undefined) && (
        <Group justify="space-between" align="flex-start" className={classes.head} gap="sm">
          <div className={classes.words}>
            {title !== undefined && (
              <Title order={order} fz="md" fw={600}>
                {title}
              </Title>
            )}
            {description !== undefined && (
              <Text c="dimmed" size="sm" mt={2}>
                {description}
              </Text>
            )}
          </div>
          {actions !== undefined && <Group gap="xs">{actions}</Group>}
        </Group>
      )}
      {children}
    </Box>
  )
}
