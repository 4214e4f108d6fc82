import { randomUUID } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { AppError } from '@gatehouse/contracts'
import { z } from 'zod'
import type { ChatChunk, ChatCompletion, ChatRequest, FinishReason, Usage } from '../chat.js'
import { readPlainRequest } from '../plain-request.js'
import { type ChatClient, defineProvider, type Provider } from '../provider.js'

const onOff = z
  .enum(['true', 'false'], { error: 'must be true or false' })
  .transform((value) => value === 'true')
  .optional()

/** The demo provider's one model. */
const model = 'echo'

/**
 * A stand-in, so that a newcomer can try everything without a key. It says that it is one, answers over the same path as
 * any provider, and costs nothing. When it is on is decided where all providers are known.
 */
export function createDemoProvider(): Provider {
  return defineProvider({
    id: 'demo',
    priceList: null,
    name: 'Demo',
    aliases: [],
    variables: {
      DEMO_PROVIDER: {
        schema: onOff,
        comment:
          'A stand-in that answers without a model. On outside production while no other provider is; true or false decides.',
        example: 'false',
      },
    },
    configure: () => ({
      connections: [{ id: 'default', credential: 'none', defaultModel: model, open: () => client }],
      missing: ['DEMO_PROVIDER'],
    }),
  })
}

const client: ChatClient = {
  async complete(request, { signal }) {
    signal.throwIfAborted()
    const { words, finishReason, usage } = answer(request)
    const message = { role: 'assistant' as const, content: words.join(''), refusal: null }
    const choice: ChatCompletion.Choice = { index: 0, message, logprobs: null, finish_reason: finishReason }
    return { ...head(request.model), object: 'chat.completion', choices: [choice], usage }
  },

  async stream(request, { signal }) {
    signal.throwIfAborted()
    return pieces(request, signal)
  },
}

async function* pieces(request: ChatRequest, signal: AbortSignal): AsyncGenerator<ChatChunk> {
  const { words, finishReason, usage } = answer(request)
  const same = { ...head(request.model), object: 'chat.completion.chunk' as const }
  const piece = (delta: ChatChunk['choices'][number]['delta'], finish: FinishReason | null): ChatChunk => ({
    ...same,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  })

  yield piece({ role: 'assistant', content: '' }, null)
  for (const word of words) {
    // Each word in a turn of its own, as pieces arrive from a network.
    await nextTurn()
    signal.throwIfAborted()
    yield piece({ content: word }, null)
  }
  yield piece({}, finishReason)
  yield { ...same, choices: [], usage }
}

function head(name: string) {
  return { id: `chatcmpl-demo-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model: name }
}

/** What it says: who it is, then what it heard. A word counts as a token, with the space before it. */
function answer(request: ChatRequest): { words: string[]; finishReason: FinishReason; usage: Usage } {
  const { system, turns, maxTokens, stop = [] } = readPlainRequest(request, 'the demo provider')
  if (request.model !== model) {
    throw new AppError('model_not_found', {
      message: `The demo provider has one model: demo/${model}.`,
      param: 'model',
    })
  }
  const heard = turns.findLast(({ role }) => role === 'user')?.texts.join('') ?? ''
  const text = `This is Gatehouse's demo provider: a stand-in, not a language model. Configure a provider to get real answers. You wrote: ${heard}`
  const ends = stop.map((word) => text.indexOf(word)).filter((end) => end >= 0)
  const all = tokens(text.slice(0, Math.min(text.length, ...ends)))
  const words = all.slice(0, maxTokens ?? all.length)
  const prompt = tokens([...system, ...turns.flatMap(({ texts }) => texts)].join(' ')).length
  return {
    words,
    finishReason: words.length < all.length ? 'length' : 'stop',
    usage: { prompt_tokens: prompt, completion_tokens: words.length, total_tokens: prompt + words.length },
  }
}

function tokens(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? []
}
