import type { HistoryItem, List } from '@gatehouse/contracts'
import { request } from '../api/request.ts'
import type { Answer } from './conversation.ts'

/** A call is in the history within two seconds of its end. */
const waits = [250, 650, 1000]

/** What the history knows of a call: what it cost above all. Nothing where it cannot be found. */
export async function findCall(requestId: string): Promise<Partial<Answer>> {
  for (const wait of waits) {
    await new Promise((resolve) => setTimeout(resolve, wait))
    const found = await request<List<HistoryItem>>('/api/v1/history', {
      query: { request_id: requestId, limit: 1 },
    }).catch(() => null)
    const call = found?.data[0]
    if (call) return factsOf(call)
  }
  return {}
}

/** What is shown of a call below its answer. */
export function factsOf({
  id,
  cost_usd,
  usage,
  provider,
  attempts,
  finish_reason,
}: HistoryItem): Partial<Answer> {
  return {
    callId: id,
    cost: cost_usd,
    usage: { input: usage.input_tokens, output: usage.output_tokens, estimated: usage.estimated },
    provider,
    attempts,
    ...(finish_reason === null ? {} : { finishReason: finish_reason }),
  }
}
