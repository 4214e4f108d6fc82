/** Largest single event in bytes. Without a limit one line that never ends fills the memory. */
export const maxEventBytes = 1024 * 1024

/** An event, or a frame, that is larger than allowed. */
export class EventTooLargeError extends Error {
  constructor() {
    super(`One event of the stream is larger than ${maxEventBytes} bytes.`)
    this.name = 'EventTooLargeError'
  }
}

/**
 * The data of each event of a `text/event-stream`, as the standard reads it
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation): any line ending, a
 * byte order mark, comments, data over several lines. Names and ids of events are not kept: no provider needs them.
 * An event that is cut by the end of the stream is dropped, save a last `data` line that is whole in itself.
 */
export async function* readEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const lines = new LineReader()
  let data: string[] = []
  let size = 0
  for await (const chunk of chunks) {
    for (const line of lines.push(chunk)) {
      if (line === '') {
        if (data.length > 0) yield data.join('\n')
        data = []
        size = 0
      } else if (line.startsWith('data:')) {
        const value = line.slice(line[5] === ' ' ? 6 : 5)
        // With its line end: lines without data are held too.
        size += line.length + 1
        if (size > maxEventBytes) throw new EventTooLargeError()
        data.push(value)
      }
    }
  }
  if (lines.rest() === 'data: [DONE]') data.push('[DONE]')
  if (data.join('\n') === '[DONE]') yield '[DONE]'
}

/** Cuts bytes into lines at LF, CR or CRLF, wherever the pieces were cut. */
class LineReader {
  #decoder = new TextDecoder()
  #pending = ''
  #afterReturn = false;

  *push(bytes: Uint8Array): Generator<string> {
    // In streaming mode a character that is cut between two pieces stays whole.
    let text = this.#decoder.decode(bytes, { stream: true })
    if (text === '') return
    if (this.#afterReturn && text.startsWith('\n')) text = text.slice(1)
    this.#afterReturn = text.endsWith('\r')

    const lines = text.split(/\r\n|\n|\r/)
    const last = lines.pop() ?? ''
    for (const line of lines) {
      yield this.#pending + line
      this.#pending = ''
    }
    this.#pending += last
    if (this.#pending.length > maxEventBytes) throw new EventTooLargeError()
  }

  rest(): string {
    return this.#pending
  }
}
