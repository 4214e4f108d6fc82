import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Answer, newColumn } from './conversation.ts'
import { PlaygroundStore } from './playground-store.ts'

const piece = (text: string) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: text } }] })}\n\n`
const done = 'data: [DONE]\n\n'

/** What each model answers: a status and the pieces of a stream; `null` never ends by itself. */
let answers: Record<string, { status?: number; pieces: (string | null)[] }>
let asked: { model: string; messages: unknown[] }[]

beforeEach(() => {
  asked = []
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => setTimeout(run, 1))
  vi.stubGlobal('fetch', async (path: string, { body, signal }: RequestInit) => {
    if (path.startsWith('/api/v1/history'))
      return Response.json({ data: [{ id: 'call', provider: 'one', cost_usd: 0.5, usage: {}, attempts: 1 }] })
    const request = JSON.parse(String(body)) as { model: string; messages: unknown[] }
    asked.push(request)
    const { status = 200, pieces } = answers[request.model]!
    if (status !== 200)
      return Response.json({ error: { message: 'No.', code: 'provider_error' } }, { status })
    const stream = new ReadableStream({
      async start(controller) {
        signal?.addEventListener('abort', () => controller.error(signal.reason))
        for (const text of pieces) {
          if (text === null) return
          await new Promise((resolve) => setTimeout(resolve, 3))
          controller.enqueue(new TextEncoder().encode(text))
        }
        controller.close()
      },
    })
    return new Response(stream, { headers: { 'x-gatehouse-provider': 'one', 'x-request-id': 'req_1' } })
  })
})
afterEach(() => vi.unstubAllGlobals())

function storeOf(...models: string[]) {
  const store = new PlaygroundStore()
  store.conversation.set({ system: '', turns: [], columns: models.map((model) => newColumn(model)) })
  return store
}
const lastOf = (store: PlaygroundStore, at: number): Partial<Answer> => {
  const { columns, turns } = store.conversation.value
  return columns[at]?.answers[turns.at(-1)?.id ?? ''] ?? {}
}
const ask = (store: PlaygroundStore, prompt: string) => {
  store.draft.set({ prompt, pictures: [] })
  store.run()
}

describe('PlaygroundStore', () => {
  it('lets no column that fails stop another', async () => {
    answers = {
      good: { pieces: [piece('He'), piece('llo'), done] },
      refused: { status: 502, pieces: [] },
      cut: { pieces: [piece('Ha')] },
      told: { pieces: [piece('So'), 'data: {"error":{"message":"Enough."}}\n\n'] },
    }
    const store = storeOf('good', 'refused', 'cut', 'told')
    ask(store, 'Hi')
    expect(store.draft.value.prompt).toBe('')
    await vi.waitFor(() => expect(lastOf(store, 0).cost).toBe(0.5), 3000)
    expect(lastOf(store, 0)).toMatchObject({
      status: 'complete',
      text: 'Hello',
      provider: 'one',
      callId: 'call',
    })
    expect(lastOf(store, 1)).toMatchObject({ status: 'failed', error: { message: 'No.' } })
    expect(lastOf(store, 2)).toMatchObject({ status: 'failed', text: 'Ha' })
    expect(lastOf(store, 2).error).toMatchObject({
      message: expect.stringContaining('broke off'),
      requestId: 'req_1',
    })
    expect(lastOf(store, 3)).toMatchObject({ status: 'failed', text: 'So', error: { message: 'Enough.' } })
  })

  it('stops one column alone, keeps what it said, and goes on from there', async () => {
    answers = { slow: { pieces: [piece('Half'), null] }, good: { pieces: [piece('Whole'), done] } }
    const store = storeOf('slow', 'good')
    ask(store, 'One')
    await vi.waitFor(() => expect(lastOf(store, 0).text).toBe('Half'))
    ask(store, 'Too early')
    expect(store.conversation.value.turns).toHaveLength(1)
    store.stop(store.conversation.value.columns[0]?.id)
    await vi.waitFor(() =>
      expect([lastOf(store, 0).status, lastOf(store, 1).status]).toEqual(['stopped', 'complete']),
    )
    answers.slow = { pieces: [piece('Rest'), done] }
    ask(store, 'Two')
    await vi.waitFor(() => expect(lastOf(store, 0).text).toBe('Rest'))
    expect(asked.find(({ model, messages }) => model === 'slow' && messages.length > 1)?.messages).toEqual([
      { role: 'user', content: 'One' },
      { role: 'assistant', content: 'Half' },
      { role: 'user', content: 'Two' },
    ])
  })

  it('asks a column that came later for what it has not answered', async () => {
    answers = { good: { pieces: [piece('Yes'), done] } }
    const store = storeOf('good')
    ask(store, 'One')
    await vi.waitFor(() => expect(lastOf(store, 0).status).toBe('complete'))
    const late = newColumn('good')
    store.dispatch({ type: 'added', column: late })
    expect(lastOf(store, 0).text).toBe('Yes')
    expect(lastOf(store, 1)).toEqual({})
    await store.ask(late.id, store.conversation.value.turns[0]!.id)
    expect(lastOf(store, 1).text).toBe('Yes')
  })
})
