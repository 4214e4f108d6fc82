/** What of a call's parameters is set; the rest is not sent. */
export interface Parameters {
  temperature?: number
  max_tokens?: number
  top_p?: number
  stop?: string[]
  /** In place of the system prompt that all columns share. */
  system?: string
}

/** A picture of a prompt: a data URL. */
export interface Picture {
  id: string
  name: string
  url: string
}

/** What was asked of every column. */
export interface Turn {
  id: string
  prompt: string
  pictures: Picture[]
}

export type AnswerStatus = 'waiting' | 'streaming' | 'complete' | 'stopped' | 'failed'

/** What a column answered to a turn. */
export interface Answer {
  status: AnswerStatus
  model: string
  text: string
  reasoning: string
  finishReason: string | null
  error: unknown
  provider: string | null
  attempts: number | null
  requestId: string | null
  firstTokenMs: number | null
  totalMs: number | null
  usage: { input: number; output: number; estimated: boolean } | null
  cost: number | null
  /** Id in the history, once it is found there. */
  callId: string | null
}

/** A model beside the others. */
export interface Column {
  id: string
  model: string
  parameters: Parameters
  answers: Readonly<Record<string, Answer>>
}

export interface Conversation {
  system: string
  turns: readonly Turn[]
  columns: readonly Column[]
}

export const mostColumns = 4

export type ConversationAction =
  | { type: 'added'; column: Column }
  | { type: 'removed'; column: string }
  | { type: 'moved'; column: string; by: -1 | 1 }
  | { type: 'chose'; column: string; model: string }
  | { type: 'set'; column: string; parameters: Parameters }
  | { type: 'system'; system: string }
  | { type: 'asked'; turn: Turn }
  | { type: 'began'; column: string; turn: string; model: string }
  | { type: 'received'; column: string; turn: string; text: string; reasoning: string; at: number }
  | { type: 'learned'; column: string; turn: string; facts: Partial<Answer> }
  | { type: 'took-back' | 'began-anew' }
  | { type: 'loaded'; conversation: Conversation }

/** How the columns and what is said in them change. */
export function conversationAfter(state: Conversation, action: ConversationAction): Conversation {
  const { columns } = state
  switch (action.type) {
    case 'added':
      return columns.length < mostColumns ? { ...state, columns: [...columns, action.column] } : state
    case 'removed':
      return columns.length > 1
        ? { ...state, columns: columns.filter(({ id }) => id !== action.column) }
        : state
    case 'moved': {
      const from = columns.findIndex(({ id }) => id === action.column)
      const to = from + action.by
      if (from < 0 || to < 0 || to >= columns.length) return state
      return { ...state, columns: columns.with(from, columns[to]!).with(to, columns[from]!) }
    }
    case 'chose':
      return change(state, action.column, (column) => ({ ...column, model: action.model }))
    case 'set':
      return change(state, action.column, (column) => ({ ...column, parameters: action.parameters }))
    case 'system':
      return { ...state, system: action.system }
    case 'asked':
      return { ...state, turns: [...state.turns, action.turn] }
    case 'began':
      return change(state, action.column, (column) => ({
        ...column,
        answers: { ...column.answers, [action.turn]: newAnswer(action.model) },
      }))
    case 'received':
      return answer(state, action.column, action.turn, (before) => ({
        ...before,
        status: 'streaming',
        text: before.text + action.text,
        reasoning: before.reasoning + action.reasoning,
        firstTokenMs: before.firstTokenMs ?? action.at,
      }))
    case 'learned':
      return answer(state, action.column, action.turn, (before) => ({ ...before, ...action.facts }))
    case 'took-back': {
      const last = state.turns.at(-1)?.id
      if (last === undefined) return state
      return {
        ...state,
        turns: state.turns.slice(0, -1),
        columns: columns.map((column) => {
          const { [last]: _, ...answers } = column.answers
          return { ...column, answers }
        }),
      }
    }
    case 'began-anew':
      return { ...state, turns: [], columns: columns.map((column) => ({ ...column, answers: {} })) }
    case 'loaded':
      return action.conversation
  }
}

const change = (state: Conversation, id: string, to: (column: Column) => Column): Conversation => ({
  ...state,
  columns: state.columns.map((column) => (column.id === id ? to(column) : column)),
})

/** What comes in for a column or a turn that is gone is dropped. */
const answer = (
  state: Conversation,
  id: string,
  turn: string,
  to: (before: Answer) => Answer,
): Conversation =>
  change(state, id, (column) => {
    const before = column.answers[turn]
    return before ? { ...column, answers: { ...column.answers, [turn]: to(before) } } : column
  })

/** An answer of which nothing has come. */
export const newAnswer = (model: string): Answer => ({
  status: 'waiting',
  model,
  text: '',
  reasoning: '',
  finishReason: null,
  error: null,
  provider: null,
  attempts: null,
  requestId: null,
  firstTokenMs: null,
  totalMs: null,
  usage: null,
  cost: null,
  callId: null,
})

export const newColumn = (model: string, parameters: Parameters = {}): Column => ({
  id: crypto.randomUUID(),
  model,
  parameters,
  answers: {},
})

export const isRunning = ({ status }: Answer): boolean => status === 'waiting' || status === 'streaming'

/** Whether a column is in the middle of an answer. */
export const isBusy = ({ answers }: Column): boolean => Object.values(answers).some(isRunning)
