import { flushSync } from 'react-dom'
import { chatBody } from './chat-body.ts'
import {
  type Answer,
  type AnswerStatus,
  type Conversation,
  type ConversationAction,
  conversationAfter,
  isBusy,
  type Picture,
  type Turn,
} from './conversation.ts'
import { findCall } from './find-call.ts'
import { FramePump } from './frame-pump.ts'
import { runChat } from './run-chat.ts'
import { Stored } from './stored.ts'

interface Run {
  turn: string
  began: number
  /** When the first piece of the answer was here, in milliseconds since. */
  firstMs?: number
  stopper: AbortController
}

/** The columns, what is said in them, and what runs: it goes on while one looks at another page. */
export class PlaygroundStore {
  readonly conversation = new Stored<Conversation>({ system: '', turns: [], columns: [] })
  /** What is being typed. */
  readonly draft = new Stored<{ prompt: string; pictures: Picture[] }>({ prompt: '', pictures: [] })
  /** By column; none has two. */
  readonly #runs = new Map<string, Run>()
  readonly #pump = new FramePump((columns) => {
    // Drawn before it returns, so that the pump knows how long it took.
    flushSync(() => {
      for (const [column, pieces] of columns) {
        const run = this.#runs.get(column)
        if (run)
          this.dispatch({
            type: 'received',
            column,
            turn: run.turn,
            at: run.firstMs ?? since(run.began),
            ...pieces,
          })
      }
    })
  })

  dispatch(action: ConversationAction): void {
    if (action.type === 'removed') this.stop(action.column)
    if (action.type === 'began-anew' || action.type === 'loaded' || action.type === 'took-back') this.stop()
    this.conversation.set(conversationAfter(this.conversation.value, action))
  }

  /** Asks every column what has been typed. */
  run(): void {
    const { prompt, pictures } = this.draft.value
    const { columns } = this.conversation.value
    if ((prompt.trim() === '' && pictures.length === 0) || columns.some(isBusy)) return
    const turn: Turn = { id: crypto.randomUUID(), prompt, pictures }
    this.dispatch({ type: 'asked', turn })
    this.draft.set({ prompt: '', pictures: [] })
    for (const { id, model } of columns) if (model !== '') void this.ask(id, turn.id)
  }

  /** Asks one column a turn, for the first time or again. */
  async ask(column: string, turn: string): Promise<void> {
    const { value } = this.conversation
    const asked = value.columns.find(({ id }) => id === column)
    const question = value.turns.find(({ id }) => id === turn)
    if (!asked || !question || this.#runs.has(column)) return
    const run: Run = { turn, began: performance.now(), stopper: new AbortController() }
    this.#runs.set(column, run)
    const body = chatBody(value, asked, question)
    this.dispatch({ type: 'began', column, turn, model: asked.model })
    const learn = (facts: Partial<Answer>) => this.dispatch({ type: 'learned', column, turn, facts })
    const { signal } = run.stopper
    let requestId: string | null = null
    let status: AnswerStatus = 'complete'
    let error: unknown = null
    try {
      for await (const event of runChat(body, signal)) {
        if (signal.aborted) break
        if (event.kind === 'head') {
          requestId = event.requestId
          const { provider, attempts } = event
          learn({ provider, attempts, requestId })
        } else if (event.kind === 'text' || event.kind === 'reasoning') {
          // When it came: drawn it is later, in a window that nobody sees much later.
          run.firstMs ??= since(run.began)
          this.#pump.add(column, event.kind, event.text)
        } else if (event.kind === 'finish') learn({ finishReason: event.reason })
        else if (event.kind === 'usage')
          learn({ usage: { input: event.input, output: event.output, estimated: false }, cost: event.cost })
      }
    } catch (failure) {
      status = 'failed'
      error = failure
    }
    if (signal.aborted) status = 'stopped'
    this.#forget(column, run)
    learn({ status, error: status === 'failed' ? error : null, totalMs: since(run.began) })
    if (requestId === null) return
    const found = await findCall(requestId)
    const now = this.conversation.value.columns.find(({ id }) => id === column)?.answers[turn]
    // Unless it was asked again meanwhile.
    if (now?.requestId === requestId) learn(found)
  }

  /** Ends the answer of one column, or of all. */
  stop(column?: string): void {
    for (const [id, run] of this.#runs)
      if (column === undefined || id === column) {
        run.stopper.abort()
        this.#forget(id, run)
      }
  }

  #forget(column: string, run: Run): void {
    if (this.#runs.get(column) !== run) return
    this.#pump.drain(column)
    this.#runs.delete(column)
  }
}

const since = (began: number) => Math.round(performance.now() - began)

/** There is one, since there is one page: going away and coming back finds what was said. */
export const playground = new PlaygroundStore()
