/** Text on its way to the screen. */
export interface Pieces {
  text: string
  reasoning: string
}

/** Of a frame of 16 ms; what is not shown in it comes in the next. */
const budgetMs = 10
/** Every second frame: nobody reads faster, and what is typed meanwhile gets the others. */
const pauseMs = 28

/**
 * Gathers what streams in and shows it thirty times a second at most. Where drawing takes longer than a frame has, fewer columns
 * are drawn in each, in turn: many fast streams slow one another down before they slow the page down.
 */
export class FramePump {
  readonly #waiting = new Map<string, Pieces>()
  #frame = 0
  #atOnce = 1
  #last = 0

  /** @param show draws what came since the last time, before it returns */
  constructor(readonly show: (columns: ReadonlyMap<string, Pieces>) => void) {}

  add(column: string, kind: 'text' | 'reasoning', text: string): void {
    const pieces = this.#waiting.get(column)
    if (pieces) pieces[kind] += text
    else this.#waiting.set(column, { text: '', reasoning: '', [kind]: text })
    this.#frame ||= requestAnimationFrame(this.#onFrame)
  }

  /** Shows what waits for a column now: its answer is over. */
  drain(column: string): void {
    this.#take([column])
  }

  readonly #onFrame = () => {
    this.#frame = 0
    const begun = performance.now()
    if (begun - this.#last < pauseMs) {
      this.#frame = requestAnimationFrame(this.#onFrame)
      return
    }
    this.#last = begun
    // The one that is drawn goes to the end when it waits again: nobody is left out.
    const drawn = this.#take([...this.#waiting.keys()].slice(0, this.#atOnce))
    if (performance.now() - begun > budgetMs) this.#atOnce = Math.max(1, drawn - 1)
    else this.#atOnce = drawn + 1
    if (this.#waiting.size > 0) this.#frame ||= requestAnimationFrame(this.#onFrame)
  }

  #take(columns: readonly string[]): number {
    const taken = new Map<string, Pieces>()
    for (const column of columns) {
      const pieces = this.#waiting.get(column)
      if (pieces) taken.set(column, pieces)
      this.#waiting.delete(column)
    }
    if (taken.size > 0) this.show(taken)
    return taken.size
  }
}
