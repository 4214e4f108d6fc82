import { ApiError } from '../api/api-error.ts'
import { open } from '../api/request.ts'
import type { ChatBody } from './chat-body.ts'
import { type ChatEvent, ChatStream } from './chat-stream.ts'

/** What the head of an answer tells. */
export interface ChatHead {
  kind: 'head'
  provider: string | null
  attempts: number | null
  requestId: string | null
}

/**
 * Asks a model and gives what it says as it comes.
 * @throws ApiError where it is refused, and where the answer ends before its end
 */
export async function* runChat(body: ChatBody, signal: AbortSignal): AsyncGenerator<ChatHead | ChatEvent> {
  const response = await open('/v1/chat/completions', { body, signal })
  const requestId = response.headers.get('x-request-id')
  const attempts = Number(response.headers.get('x-gatehouse-attempts') ?? Number.NaN)
  yield {
    kind: 'head',
    provider: response.headers.get('x-gatehouse-provider'),
    attempts: Number.isInteger(attempts) ? attempts : null,
    requestId,
  }
  const brokeOff = () =>
    new ApiError('The answer broke off before its end. Retry to ask again.', 0, null, null, requestId)
  const stream = new ChatStream()
  const reader = response.body?.getReader()
  let whole = false
  try {
    while (reader && !whole) {
      const { done, value } = await reader.read()
      for (const event of done ? stream.finish() : stream.push(value)) {
        if (event.kind === 'error') throw new ApiError(event.message, 0, event.code, null, requestId)
        if (event.kind === 'done') whole = true
        yield event
      }
      if (done) break
    }
  } catch (error) {
    if (signal.aborted || error instanceof ApiError) throw error
    throw brokeOff()
  } finally {
    void reader?.cancel().catch(() => {})
  }
  if (!whole) throw brokeOff()
}
