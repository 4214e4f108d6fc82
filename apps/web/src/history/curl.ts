import type { HistoryDetail, KeptMessage } from '@gatehouse/contracts'

/** In single quotes for a POSIX shell: nothing in there means anything to it. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

const example: KeptMessage[] = [{ role: 'user', content: 'Hello' }]
const textOf = (content: KeptMessage['content']): string =>
  typeof content === 'string'
    ? content
    : content.map((part) => (part.type === 'text' ? part.text : '')).join('\n')

/** Whether a call can be told as a command: a form holds a file, which is not here. */
export const isTellable = ({ endpoint }: Pick<HistoryDetail, 'endpoint'>): boolean =>
  !/^\/v1\/(?:audio\/trans|images\/(?:edits|variations))/.test(endpoint)

/**
 * The call as a command for a shell. What was not kept stands there as an example; the key is a variable, since no secret
 * belongs where one pastes.
 */
export function curlOf(call: HistoryDetail, publicUrl: string): string {
  const url = new URL(call.endpoint, publicUrl).href
  return [
    `curl ${call.streamed ? '-N ' : ''}${quoted(url)}`,
    `  -H "authorization: Bearer $OPENAI_API_KEY"`,
    `  -H 'content-type: application/json'`,
    `  -d ${quoted(JSON.stringify(bodyOf(call)))}`,
  ].join(' \\\n')
}

function bodyOf(call: HistoryDetail): Record<string, unknown> {
  const { asked_model: model, prompt, streamed } = call
  const parameters = call.parameters ?? {}
  const messages = prompt ?? example
  const stream = streamed ? { stream: true } : {}
  switch (call.endpoint) {
    case '/api/v1/llm/call':
      return { provider: call.provider, model: call.model, messages, ...parameters, ...stream }
    case '/v1/responses':
      return { model, input: messages, ...parameters, ...stream }
    case '/v1/embeddings':
    case '/v1/moderations':
      return { model, input: messages.map(({ content }) => textOf(content)), ...parameters }
    case '/v1/completions':
      return {
        model,
        prompt: messages.map(({ content }) => textOf(content)).join('\n'),
        ...parameters,
        ...stream,
      }
    case '/v1/images/generations':
      return { model, prompt: messages.map(({ content }) => textOf(content)).join('\n'), ...parameters }
    case '/v1/audio/speech':
      return {
        model,
        input: messages.map(({ content }) => textOf(content)).join('\n'),
        voice: 'alloy',
        ...parameters,
      }
    case '/v1/messages/count_tokens':
      return { model, ...anthropic(messages), ...parameters }
    case '/v1/messages':
      return { model, ...anthropic(messages), max_tokens: 1024, ...parameters, ...stream }
    default:
      return { model, messages, ...parameters, ...stream }
  }
}

/** There the system prompt is no message. */
function anthropic(messages: KeptMessage[]) {
  const isSystem = ({ role }: { role: string }) => role === 'system' || role === 'developer'
  const system = messages.filter(isSystem).map(({ content }) => textOf(content))
  return {
    ...(system.length === 0 ? {} : { system: system.join('\n') }),
    messages: messages.filter((message) => !isSystem(message)),
  }
}
