import { Button, Group, Title } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { Columns3, MessageSquarePlus } from 'lucide-react'
import { lazy, Suspense, useCallback, useEffect, useState } from 'react'
import { firstModel } from '../catalog/chat-models.ts'
import { ColumnPane } from './column-pane.tsx'
import { ColumnTabs } from './column-tabs.tsx'
import { Composer } from './composer.tsx'
import { isBusy, mostColumns, newColumn } from './conversation.ts'
import { Notices } from './notices.tsx'
import classes from './playground.module.css'
import { playground } from './playground-store.ts'
import { useStored } from './stored.ts'
import { useLoading } from './use-loading.ts'

const CodeDrawer = lazy(() => import('./code-drawer.tsx').then((module) => ({ default: module.CodeDrawer })))

/** Models side by side: one prompt, an answer from each. */
export function PlaygroundPage() {
  const { catalog, notice, closeNotice, bringBack, leaveAside, failure } = useLoading()
  const { columns, turns } = useStored(playground.conversation)
  const [shown, setShown] = useState<string | null>(null)
  const [coded, setCoded] = useState<string | null>(null)
  // Below this a column would be too narrow to read in.
  const tabbed = useMediaQuery(columns.length > 3 ? '(max-width: 75em)' : '(max-width: 48em)', false, {
    getInitialValueInEffect: false,
  })
  const running = columns.some(isBusy)
  const current = columns.find(({ id }) => id === shown) ?? columns[0]

  useEffect(() => {
    document.title = 'Playground · Gatehouse'
  }, [])
  useEffect(() => {
    if (!running) return
    const onKey = (event: KeyboardEvent) => {
      const inside =
        event.target instanceof Element &&
        event.target.closest('[data-portal],[data-picker],[role="dialog"],[role="menu"]')
      if (event.key === 'Escape' && !event.defaultPrevented && !inside) playground.stop()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [running])

  const add = () => {
    const { columns } = playground.conversation.value
    const taken = columns.map(({ model }) => model)
    const column = newColumn((catalog.data && firstModel(catalog.data, taken)?.id) ?? taken[0] ?? '')
    playground.dispatch({ type: 'added', column })
    setShown(column.id)
  }
  const showCode = useCallback((column: string) => setCoded(column), [])
  return (
    <div className={classes.frame}>
      <Group className={classes.bar} gap="xs" wrap="nowrap">
        <Title order={1} fz="lg" mr="auto">
          Playground
        </Title>
        {turns.length > 0 && (
          <Button
            variant="subtle"
            color="gray"
            size="xs"
            leftSection={<MessageSquarePlus size={15} />}
            aria-label="New conversation"
            onClick={() => playground.dispatch({ type: 'began-anew' })}
          >
            New<span className={classes.wide}>&nbsp;conversation</span>
          </Button>
        )}
        <Button
          variant="default"
          size="xs"
          leftSection={<Columns3 size={15} />}
          aria-label="Add column"
          onClick={add}
          disabled={columns.length >= mostColumns}
          title={columns.length >= mostColumns ? `At most ${mostColumns} columns` : undefined}
        >
          Add<span className={classes.wide}>&nbsp;column</span>
        </Button>
      </Group>
      <Notices
        catalog={catalog}
        notice={notice}
        onCloseNotice={closeNotice}
        onBringBack={bringBack}
        onLeaveAside={leaveAside}
        failure={failure}
      />
      {tabbed && columns.length > 1 && (
        <ColumnTabs columns={columns} current={current?.id} lastTurn={turns.at(-1)?.id} onChoose={setShown} />
      )}
      <div className={classes.columns}>
        {columns.map((column, index) => (
          <ColumnPane
            key={column.id}
            column={column}
            turns={turns}
            position={index}
            count={columns.length}
            hidden={tabbed && column !== current}
            tabbed={tabbed && columns.length > 1}
            onCode={showCode}
          />
        ))}
      </div>
      <Composer
        running={running}
        begun={turns.length > 0}
        ready={columns.some(({ model }) => model !== '')}
      />
      {coded !== null && (
        <Suspense fallback={null}>
          <CodeDrawer column={coded} onClose={() => setCoded(null)} />
        </Suspense>
      )}
    </div>
  )
}
