/** Characters after which lines are written, and milliseconds for which they may wait. */
const maxLength = 16 << 10
const maxWaitMs = 200

/**
 * Joins lines of a log into larger writes: a write for each would cost a busy gateway more than the line. What is
 * urgent is written at once, with all that came before it.
 */
export class LineBuffer {
  private text = ''
  private timer: NodeJS.Timeout | undefined

  constructor(private readonly write: (text: string) => void) {}

  push(line: string, urgent: boolean): void {
    this.text += line
    if (urgent || this.text.length >= maxLength) this.flush()
    else this.timer ??= setTimeout(() => this.flush(), maxWaitMs).unref()
  }

  flush(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    if (this.text === '') return
    const { text } = this
    this.text = ''
    this.write(text)
  }
}
