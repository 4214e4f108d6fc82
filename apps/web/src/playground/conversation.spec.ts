import { describe, expect, it } from 'vitest'
import { chatBody } from './chat-body.ts'
import {
  type Conversation,
  type ConversationAction,
  conversationAfter,
  isBusy,
  mostColumns,
  newColumn,
} from './conversation.ts'

const turn = (id: string, prompt = id) => ({ id, prompt, pictures: [] })
const after = (state: Conversation, ...actions: ConversationAction[]) =>
  actions.reduce(conversationAfter, state)

describe('conversationAfter', () => {
  const one = newColumn('openai/a')
  const two = newColumn('groq/b', { temperature: 0 })
  const begun: Conversation = { system: 'Be short.', turns: [], columns: [one, two] }
  const said = after(
    begun,
    { type: 'asked', turn: turn('t1') },
    { type: 'began', column: one.id, turn: 't1', model: one.model },
    { type: 'began', column: two.id, turn: 't1', model: two.model },
    { type: 'received', column: one.id, turn: 't1', text: 'Hel', reasoning: '', at: 120 },
    { type: 'received', column: one.id, turn: 't1', text: 'lo', reasoning: '', at: 300 },
    { type: 'learned', column: one.id, turn: 't1', facts: { status: 'complete', totalMs: 400 } },
    { type: 'learned', column: two.id, turn: 't1', facts: { status: 'failed', error: new Error('no') } },
  )

  it('keeps each column to itself', () => {
    expect(said.columns[0]?.answers.t1).toMatchObject({
      text: 'Hello',
      firstTokenMs: 120,
      status: 'complete',
    })
    expect(said.columns[1]?.answers.t1).toMatchObject({ text: '', status: 'failed' })
  })

  it('adds up to four columns and keeps what the others said', () => {
    const full = after(
      said,
      ...Array.from({ length: 4 }, () => ({ type: 'added', column: newColumn('x/y') }) as const),
    )
    expect(full.columns).toHaveLength(mostColumns)
    expect(full.columns[0]).toBe(said.columns[0])
    expect(full.columns[3]?.answers).toEqual({})
  })

  it('moves by one place, removes all but the last', () => {
    const moved = after(said, { type: 'moved', column: two.id, by: -1 })
    expect(moved.columns.map(({ id }) => id)).toEqual([two.id, one.id])
    expect(after(moved, { type: 'moved', column: two.id, by: -1 })).toBe(moved)
    const left = after(said, { type: 'removed', column: one.id }, { type: 'removed', column: two.id })
    expect(left.columns.map(({ id }) => id)).toEqual([two.id])
  })

  it('drops what comes for a column or a turn that is gone', () => {
    const late = { type: 'received', turn: 't1', text: 'x', reasoning: '', at: 1 } as const
    expect(after(begun, { ...late, column: 'gone' }).columns).toEqual(begun.columns)
    const back = after(said, { type: 'took-back' })
    expect(back.turns).toEqual([])
    expect(after(back, { ...late, column: one.id }).columns[0]?.answers).toEqual({})
  })

  it('is busy from the question to the end of the answer', () => {
    const asked = after(begun, { type: 'began', column: one.id, turn: 't1', model: one.model })
    expect(asked.columns.map(isBusy)).toEqual([true, false])
    expect(said.columns.map(isBusy)).toEqual([false, false])
  })
})

describe('chatBody', () => {
  const column = { ...newColumn('openai/a', { temperature: 0.5, stop: ['END'] }), answers: {} }
  const conversation = { system: 'Be short.', turns: [turn('one'), turn('two'), turn('three')] }

  it('sends what this column has answered, and only the parameters that are set', () => {
    const answered = conversationAfter(
      { ...conversation, columns: [{ ...column, answers: { two: { text: 'Yes' } as never } }] },
      { type: 'system', system: 'Be short.' },
    ).columns[0]!
    expect(chatBody(conversation, answered, conversation.turns[2]!)).toEqual({
      model: 'openai/a',
      messages: [
        { role: 'system', content: 'Be short.' },
        { role: 'user', content: 'two' },
        { role: 'assistant', content: 'Yes' },
        { role: 'user', content: 'three' },
      ],
      temperature: 0.5,
      stop: ['END'],
      stream: true,
      stream_options: { include_usage: true },
    })
  })

  it("takes the column's own system prompt before the shared one, and images as parts", () => {
    const own = newColumn('x/y', { system: 'Be long.' })
    const picture = { id: 'p', name: 'p.png', url: 'data:image/png;base64,AA==' }
    const asked = { id: 'a', prompt: 'What is it?', pictures: [picture] }
    expect(chatBody({ system: 'Be short.', turns: [asked] }, own, asked).messages).toEqual([
      { role: 'system', content: 'Be long.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is it?' },
          { type: 'image_url', image_url: { url: picture.url } },
        ],
      },
    ])
  })
})
