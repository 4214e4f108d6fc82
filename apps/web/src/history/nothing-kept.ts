import type { HistoryDetail, Me } from '@gatehouse/contracts'

const dayMs = 86_400_000

/** Why nothing of what was said is here: of the reasons that are possible, the one that would hold whatever else was so. */
export function whyNothingIsKept(
  call: Pick<HistoryDetail, 'created_at' | 'endpoint' | 'key_id' | 'status'>,
  { content, keep_content }: Pick<Me, 'content' | 'keep_content'>,
  now = Date.now(),
): string {
  const { kept, retention_days: days } = content
  if (kept === 'none') return 'Prompts and answers are not kept on this server (KEEP_CONTENT=none).'
  const isLlmCall = call.endpoint === '/api/v1/llm/call'
  if (kept === 'own' && call.key_id !== null && !isLlmCall)
    return 'Only prompts and answers of the playground and of your calls to llm/call are kept on this server.'
  if (now - Date.parse(call.created_at) > days * dayMs)
    return `Prompts and answers are kept for ${days} ${days === 1 ? 'day' : 'days'}; those of this call are deleted.`
  if (keep_content === false) return 'You have turned off keeping prompts and answers.'
  if (kept === 'own' && !isLlmCall)
    return 'Nothing was kept of this call. Only calls from the playground and your own calls to llm/call are kept.'
  return call.status === 'error'
    ? 'The call failed before there was anything to keep.'
    : 'Nothing was kept of this call: keeping may have been off when it was made.'
}
