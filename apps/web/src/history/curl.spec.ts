import type { HistoryDetail } from '@gatehouse/contracts'
import { expect, it } from 'vitest'
import { curlOf, isTellable } from './curl.ts'

const call = {
  endpoint: '/v1/chat/completions',
  provider: 'openai',
  model: 'gpt-4o-mini',
  asked_model: 'openai/gpt-4o-mini',
  streamed: true,
  prompt: [{ role: 'user' as const, content: `it's "$HOME" \`id\` \\ \n two` }],
  parameters: { temperature: 0.2 },
}
const curl = (changes: object): string =>
  curlOf({ ...call, ...changes } as unknown as HistoryDetail, 'https://gate.example')

/** What a shell reads in single quotes; a quote in there ends them, stands escaped, and begins them anew. */
const bodyIn = (command: string): unknown =>
  JSON.parse(/ -d '((?:[^']|'\\'')*)'$/.exec(command)?.[1]?.replaceAll(`'\\''`, `'`) ?? '')

it('is a command whose body is what was sent, whatever stands in it', () => {
  const command = curl({})
  expect(command.split(' \\\n').slice(0, 3)).toEqual([
    "curl -N 'https://gate.example/v1/chat/completions'",
    '  -H "authorization: Bearer $OPENAI_API_KEY"',
    "  -H 'content-type: application/json'",
  ])
  expect(bodyIn(command)).toEqual({
    model: 'openai/gpt-4o-mini',
    messages: call.prompt,
    temperature: 0.2,
    stream: true,
  })
})

const hello = [{ role: 'user', content: 'Hello' }]

it.each([
  ['/api/v1/llm/call', { provider: 'openai', model: 'gpt-4o-mini', messages: hello }],
  ['/v1/responses', { model: 'openai/gpt-4o-mini', input: hello }],
  ['/v1/embeddings', { model: 'openai/gpt-4o-mini', input: ['Hello'] }],
  ['/v1/messages', { model: 'openai/gpt-4o-mini', max_tokens: 1024, messages: hello }],
  ['/v1/moderations', { model: 'openai/gpt-4o-mini', input: ['Hello'] }],
  ['/v1/images/generations', { model: 'openai/gpt-4o-mini', prompt: 'Hello' }],
  ['/v1/audio/speech', { model: 'openai/gpt-4o-mini', input: 'Hello', voice: 'alloy' }],
  ['/v1/messages/count_tokens', { model: 'openai/gpt-4o-mini', messages: hello }],
])('%s has its own body; what was not kept stands there as an example', (endpoint, body) => {
  expect(bodyIn(curl({ endpoint, prompt: null, parameters: null, streamed: false }))).toEqual(body)
})

it('tells no form, whose file is not here', () => {
  const tellable = (endpoint: string) => isTellable({ endpoint })
  expect(['/v1/audio/transcriptions', '/v1/images/edits'].some(tellable)).toBe(false)
  expect(['/v1/audio/speech', '/v1/images/generations', '/v1/chat/completions'].every(tellable)).toBe(true)
})
