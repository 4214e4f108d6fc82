import type { ChatChunk } from '@gatehouse/llm'

/** So long a head is held back, with another provider to be asked if nothing follows it; then it goes out. */
const headHeldMs = 15_000

/**
 * The pieces given, once one of them says something, or the caller has waited long enough for the head of the answer.
 * Until then another provider may be asked: what a client makes up to begin with is nobody's answer.
 * @throws what the stream throws before it says anything
 */
export async function begun(chunks: AsyncIterable<ChatChunk>): Promise<AsyncIterable<ChatChunk>> {
  const pieces = chunks[Symbol.asyncIterator]()
  const read: Promise<IteratorResult<ChatChunk>>[] = []
  let isHeld = true
  const first = async () => {
    while (isHeld) {
      const next = pieces.next()
      read.push(next)
      const { done, value } = await next
      if (done || !isOpening(value)) return
    }
  }
  let timer: NodeJS.Timeout | undefined
  const waited = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, headHeldMs)
  })
  try {
    await Promise.race([first(), waited])
  } finally {
    isHeld = false
    clearTimeout(timer)
  }
  return continued(read, pieces)
}

async function* continued(read: Promise<IteratorResult<ChatChunk>>[], pieces: AsyncIterator<ChatChunk>) {
  try {
    for (;;) {
      const next = await (read.shift() ?? pieces.next())
      if (next.done) return
      yield next.value
    }
  } finally {
    await pieces.return?.()
  }
}

/** It names a role at most. */
function isOpening({ choices, usage }: ChatChunk): boolean {
  return (
    !usage &&
    choices.every(
      ({ delta, finish_reason: reason }) =>
        !reason &&
        Object.entries(delta).every(([name, value]) => name === 'role' || value === '' || value === null),
    )
  )
}
