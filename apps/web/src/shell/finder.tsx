import type { AdminUser, List } from '@gatehouse/contracts'
import { Modal, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Box, type LucideIcon, Search, User } from 'lucide-react'
import { useEffect, useId, useState } from 'react'
import { catalogQuery } from '../api/catalog.ts'
import { isAdmin, useMe } from '../api/me.ts'
import { request } from '../api/request.ts'
import { useReturnFocus } from '../ui/return-focus.ts'
import classes from './finder.module.css'
import { adminPlaces, places, settingsPlace } from './navigation.ts'

/** Something that can be gone to. */
interface Find {
  id: string
  kind: 'Page' | 'Model' | 'Person'
  name: string
  detail?: string | undefined
  icon: LucideIcon
  go: () => void
}

/** Finds any page, model and, for admins, person. */
export function Finder({ onClose }: { onClose: () => void }) {
  useReturnFocus()
  const me = useMe()
  const admin = isAdmin(me)
  const navigate = useNavigate()
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const list = useId()
  const query = typed.trim().toLowerCase()
  const [settled] = useDebouncedValue(query, 120)

  const models = useQuery(catalogQuery)
  const people = useQuery({
    queryKey: ['finder', 'people', settled],
    queryFn: ({ signal }) =>
      request<List<AdminUser>>('/api/v1/admin/users', { query: { query: settled, limit: 5 }, signal }),
    enabled: admin && settled.length > 1,
  })

  const leave = (go: () => unknown) => () => {
    onClose()
    void go()
  }
  const pages = [...places, ...(admin ? adminPlaces : []), settingsPlace]
  const finds: Find[] = [
    ...pages
      .filter(({ name, words }) => `${name} ${words}`.toLowerCase().includes(query))
      .map(
        ({ to, name, icon }): Find => ({
          id: to,
          kind: 'Page',
          name,
          icon,
          go: leave(() => navigate({ to })),
        }),
      ),
    ...(query === '' ? [] : (models.data?.data ?? []))
      .filter(({ id }) => id.toLowerCase().includes(query))
      .slice(0, 8)
      .map(
        ({ id }): Find => ({
          id: `model:${id}`,
          kind: 'Model',
          name: id,
          detail: 'open in the playground',
          icon: Box,
          go: leave(() => navigate({ to: '/playground', search: { model: id } })),
        }),
      ),
    // Only of what stands there now: Enter must not open whom one looked for before.
    ...(admin && settled === query && query.length > 1 ? (people.data?.data ?? []) : []).map(
      ({ id, name, email }): Find => ({
        id: `person:${id}`,
        kind: 'Person',
        name: name ?? email ?? id,
        detail: email ?? undefined,
        icon: User,
        go: leave(() => navigate({ to: '/admin/users/$id', params: { id } })),
      }),
    ),
  ]
  // biome-ignore lint/correctness/useExhaustiveDependencies: another question begins at its first answer
  useEffect(() => setAt(0), [query])
  const current = finds[Math.min(at, finds.length - 1)]
  useEffect(() => {
    if (current) document.getElementById(`${list}-${current.id}`)?.scrollIntoView({ block: 'nearest' })
  }, [current, list])

  return (
    <Modal
      opened
      onClose={onClose}
      withCloseButton={false}
      padding={0}
      yOffset="12vh"
      centered={false}
      size="34rem"
      aria-label="Find"
    >
      <TextInput
        classNames={{ input: classes.input }}
        leftSection={<Search size={16} />}
        placeholder={admin ? 'Find a page, a model, a person' : 'Find a page or a model'}
        aria-label="What are you looking for?"
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={current ? `${list}-${current.id}` : undefined}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={(event) => {
          const move = { ArrowDown: 1, ArrowUp: -1 }[event.key]
          if (move !== undefined && finds.length > 0) {
            event.preventDefault()
            setAt((at + move + finds.length) % finds.length)
          }
          if (event.key === 'Enter' && current) {
            event.preventDefault()
            current.go()
          }
        }}
        data-autofocus
      />
      <div id={list} role="listbox" aria-label="Finds" className={classes.list}>
        {finds.map((find) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the field, as of every combobox
          <div
            key={find.id}
            id={`${list}-${find.id}`}
            role="option"
            tabIndex={-1}
            aria-selected={find === current}
            className={classes.find}
            onClick={find.go}
            onPointerMove={() => setAt(finds.indexOf(find))}
          >
            <find.icon size={16} aria-hidden />
            <span className={classes.name}>{find.name}</span>
            {find.detail !== undefined && find.detail !== find.name && (
              <Text span size="xs" c="dimmed" truncate>
                {find.detail}
              </Text>
            )}
            <Text span size="xs" c="dimmed" ml="auto">
              {find.kind}
            </Text>
          </div>
        ))}
      </div>
      {finds.length === 0 && !models.isPending && !people.isFetching && (
        <Text size="sm" c="dimmed" p="lg" ta="center" role="status">
          Nothing is called that.
        </Text>
      )}
    </Modal>
  )
}
