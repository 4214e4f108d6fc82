import type { FastifyReply } from 'fastify'

/** An open event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export interface EventStream {
  /** Sends one event whose data is JSON; resolves when the client can take more, or has gone. */
  send(data: unknown): Promise<void>
  /** Sends OpenAI's end mark; only after the provider's own end. */
  done(): Promise<void>
  end(): void
}

/** Proxies close a connection on which nothing moves. */
const keepAliveMs = 15_000
/** What a reader may take for the last event of a call that was ended. */
const lastEventMs = 5_000

/**
 * Answers with an event stream: head at once, so that the client sees it before the first token.
 * @param signal once it has fired, nothing waits for a slow reader any more; its connection is cut 5 s later
 */
export function openEventStream(
  reply: FastifyReply,
  headers: Record<string, string>,
  signal: AbortSignal,
): EventStream {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    ...headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  })
  raw.flushHeaders()
  const keepAlive = setInterval(() => void raw.write(': keep-alive\n\n'), keepAliveMs)
  let overdue: NodeJS.Timeout | undefined
  const cut = () => {
    overdue = setTimeout(() => raw.destroy(), lastEventMs)
  }
  if (signal.aborted) cut()
  else signal.addEventListener('abort', cut, { once: true })
  raw.once('close', () => {
    clearInterval(keepAlive)
    signal.removeEventListener('abort', cut)
    clearTimeout(overdue)
  })
  const write = async (text: string): Promise<void> => {
    keepAlive.refresh()
    if (raw.destroyed || raw.write(text) || signal.aborted) return
    // The drain of a client that dies never comes.
    await new Promise<void>((resolve) => {
      const done = () => {
        raw.off('drain', done)
        raw.off('close', done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      raw.on('drain', done)
      raw.on('close', done)
      signal.addEventListener('abort', done)
    })
  }
  return {
    // JSON holds no line break, so whatever a model says stays one event.
    send: (data) => write(`data: ${JSON.stringify(data)}\n\n`),
    done: () => write('data: [DONE]\n\n'),
    end() {
      clearInterval(keepAlive)
      raw.end()
    },
  }
}
