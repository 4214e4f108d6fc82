import type { HistoryDetail, KeptMessage } from '@gatehouse/contracts'
import { type Conversation, newAnswer, newColumn, type Turn } from './conversation.ts'
import { parametersOf } from './draft.ts'
import { factsOf } from './find-call.ts'

/** A call of the history as a conversation to go on with; its last prompt with its answer is the last turn. */
export function conversationOf(call: HistoryDetail): Conversation {
  const model = call.asked_model || `${call.provider}/${call.model}`
  const { system: _, ...parameters } = parametersOf(call.parameters)
  const column = newColumn(model, parameters)
  const turns: Turn[] = []
  const answers: Record<string, ReturnType<typeof newAnswer>> = {}
  let system = ''
  for (const message of call.prompt ?? []) {
    const { text, pictures } = contentOf(message)
    if (message.role === 'system' || message.role === 'developer')
      system = [system, text].filter(Boolean).join('\n\n')
    else if (message.role === 'user') turns.push({ id: crypto.randomUUID(), prompt: text, pictures })
    // What tools have answered is nobody's words: sent back as the assistant's they would be another conversation.
    else if (message.role === 'assistant') {
      const turn = turns.at(-1)
      if (turn && text !== '') {
        const before = answers[turn.id]?.text
        answers[turn.id] = {
          ...newAnswer(model),
          status: 'complete',
          text: [before, text].filter(Boolean).join('\n\n'),
        }
      }
    }
  }
  const last = turns.at(-1)
  if (last && call.response)
    answers[last.id] = {
      ...newAnswer(model),
      ...factsOf(call),
      status: call.status === 'success' ? 'complete' : 'stopped',
      text: call.response,
      requestId: call.request_id,
      firstTokenMs: call.first_byte_ms,
      totalMs: call.latency_ms,
    }
  return { system, turns, columns: [{ ...column, answers }] }
}

/** Pictures that are data alone: one by its address would be fetched from wherever it says. */
function contentOf({ content }: KeptMessage): Pick<Turn, 'pictures'> & { text: string } {
  if (typeof content === 'string') return { text: content, pictures: [] }
  const text = content
    .map((part) => {
      if (part.type === 'text') return part.text
      return part.image_url.url.startsWith('data:image/') ? '' : `[image: ${part.image_url.url}]`
    })
    .filter(Boolean)
    .join('\n\n')
  const pictures = content
    .filter((part) => part.type === 'image_url')
    .filter(({ image_url }) => image_url.url.startsWith('data:image/'))
    .map(({ image_url }) => ({ id: crypto.randomUUID(), name: 'image', url: image_url.url }))
  return { text, pictures }
}
