import type { HistoryDetail } from '@gatehouse/contracts'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { ApiError } from '../api/api-error.ts'
import { catalogQuery } from '../api/catalog.ts'
import { useMe } from '../api/me.ts'
import { request } from '../api/request.ts'
import { firstModel } from '../catalog/chat-models.ts'
import { type Conversation, newColumn } from './conversation.ts'
import { columnsFor, modelsOf, parametersOf } from './draft.ts'
import { keepDraft, readDraft } from './keep-draft.ts'
import { conversationOf } from './past-call.ts'
import { playground } from './playground-store.ts'
import { idOfPreset, presetsQuery } from './presets-query.ts'
import { useStored } from './stored.ts'

const route = getRouteApi('/app/playground')

/** Begins with what was here before, or with what the address asks for, and keeps the address in step with the columns. */
export function useLoading() {
  const { user_id } = useMe()
  const { model, preset, call } = route.useSearch()
  const navigate = route.useNavigate()
  const { columns } = useStored(playground.conversation)
  const catalog = useQuery(catalogQuery)
  const presets = useQuery({ ...presetsQuery, enabled: preset !== undefined })
  const past = useQuery({
    queryKey: ['history', call, 'full'],
    queryFn: ({ signal }) =>
      request<HistoryDetail>(`/api/v1/history/${encodeURIComponent(call ?? '')}`, {
        query: { full: true },
        signal,
      }),
    enabled: call !== undefined,
  })
  const [notice, setNotice] = useState<string | null>(null)
  /** What was said before something else was asked for. */
  const [aside, setAside] = useState<Conversation | null>(null)
  const written = useRef<string | undefined>(undefined)

  useEffect(() => {
    if (playground.conversation.value.columns.length === 0) {
      const { prompt, system, columns } = readDraft(user_id)
      const first = columns.length > 0 ? columns : [{ model: '', parameters: {} }]
      playground.draft.set({ prompt, pictures: [] })
      playground.conversation.set({
        system,
        turns: [],
        columns: first.map(({ model, parameters }) => newColumn(model, parameters)),
      })
    }
    return keepDraft(user_id)
  }, [user_id])

  // What the address says, unless it is what was written there from here.
  useEffect(() => {
    const wanted = modelsOf(model)
    if (wanted.length === 0 || model === written.current) return
    const before = playground.conversation.value
    const kept = [...before.columns]
    const columns = columnsFor(wanted, before.columns).map(({ model, parameters }) => {
      const at = kept.findIndex((column) => column.model === model)
      return at < 0 ? newColumn(model, parameters) : kept.splice(at, 1)[0]!
    })
    for (const { id } of kept) playground.stop(id)
    // Where none of these columns has said anything, there is no conversation to go on with.
    const turns = columns.some(({ answers }) => Object.keys(answers).length > 0) ? before.turns : []
    if (turns.length < before.turns.length) setAside(before)
    playground.conversation.set({ ...before, turns, columns })
  }, [model])

  useEffect(() => {
    if (!catalog.data) return
    for (const { id, model } of playground.conversation.value.columns)
      if (model === '')
        playground.dispatch({ type: 'chose', column: id, model: firstModel(catalog.data)?.id ?? '' })
  }, [catalog.data])

  useEffect(() => {
    const found = presets.data?.data.find(({ id }) => id === preset)
    const column = playground.conversation.value.columns[0]
    if (preset === undefined || !presets.data || !column) return
    if (found) {
      playground.dispatch({ type: 'chose', column: column.id, model: idOfPreset(found) })
      playground.dispatch({ type: 'set', column: column.id, parameters: parametersOf(found.parameters) })
    } else setNotice('There is no such preset any more.')
    void navigate({ search: ({ preset: _, ...search }) => search, replace: true })
  }, [preset, presets.data, navigate])

  useEffect(() => {
    if (!past.data) return
    const before = playground.conversation.value
    playground.dispatch({ type: 'loaded', conversation: conversationOf(past.data) })
    if (before.turns.length > 0) setAside(before)
    if (past.data.prompt === null) setNotice('What was said in this call was not kept. Its model is set.')
    void navigate({ search: ({ call: _, ...search }) => search, replace: true })
  }, [past.data, navigate])

  const models = columns.map(({ model }) => model).join(',')
  useEffect(() => {
    if (models === '' || columns.length === 0 || preset !== undefined || call !== undefined) return
    written.current = models
    void navigate({ search: (search) => ({ ...search, model: models }), replace: true })
  }, [models, columns.length, preset, call, navigate])

  const gone = past.error instanceof ApiError && past.error.status === 404
  useEffect(() => {
    if (gone) setNotice('This call is not in your history, or no longer.')
  }, [gone])
  return {
    catalog,
    notice,
    closeNotice: () => setNotice(null),
    /** Brings back what was said before; null where nothing was. */
    bringBack:
      aside &&
      (() => {
        playground.dispatch({ type: 'loaded', conversation: aside })
        setAside(null)
      }),
    leaveAside: () => setAside(null),
    failure: presets.error ?? (gone ? null : past.error),
  }
}
