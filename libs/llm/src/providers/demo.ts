import { randomUUID } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { AppError } from '@gatehouse/contracts'
import { z } from 'zod'
import type { ChatChunk, ChatCompletion, ChatRequest, FinishReason, Usage } from '../chat.js'
import { type CallOptions, type ChatClient, defineProvider, type Provider } from '../provider.js'
import { type Dialect, translate } from '../translation/dialect.js'
import { invalid } from '../translation/fields.js'

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
    priceList: 'free',
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
  async complete(request, options) {
    options.signal.throwIfAborted()
    const { words, finishReason, usage } = await answer(request, options)
    const message = { role: 'assistant' as const, content: words.join(''), refusal: null }
    const choice: ChatCompletion.Choice = { index: 0, message, logprobs: null, finish_reason: finishReason }
    return { ...head(request.model), object: 'chat.completion', choices: [choice], usage }
  },

  async stream(request, options) {
    options.signal.throwIfAborted()
    return pieces(request.model, await answer(request, options), options.signal)
  },
}

async function* pieces(
  name: string,
  { words, finishReason, usage }: Said,
  signal: AbortSignal,
): AsyncGenerator<ChatChunk> {
  const same = { ...head(name), object: 'chat.completion.chunk' as const }
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

const dialect: Dialect = {
  provider: 'the demo provider',
  takes: new Set(['max_tokens', 'max_completion_tokens', 'stop']),
}

interface Said {
  words: string[]
  finishReason: FinishReason
  usage: Usage
}

/** What it says: who it is, then what it heard. A word counts as a token, with the space before it. */
function answer(request: ChatRequest, options: CallOptions): Promise<Said> {
  return translate(request, options, dialect, ({ system, turns, maxTokens, stop = [] }) => {
    if (request.model !== model) throw notFound(request.model)
    checkRanges(request)
    const texts = (parts: readonly { type: string; text?: string }[]) => parts.map(({ text }) => text ?? '')
    const heard = texts(turns.findLast(({ role }) => role === 'user')?.parts ?? []).join('')
    const text = `This is Gatehouse's demo provider: a stand-in, not a language model. Configure a provider to get real answers. You wrote: ${heard}`
    const ends = stop.map((word) => text.indexOf(word)).filter((end) => end >= 0)
    const all = tokens(text.slice(0, Math.min(text.length, ...ends)))
    const words = all.slice(0, maxTokens ?? all.length)
    const prompt = tokens([...texts(system), ...turns.flatMap(({ parts }) => texts(parts))].join(' ')).length
    return {
      words,
      finishReason: words.length < all.length ? 'length' : 'stop',
      usage: { prompt_tokens: prompt, completion_tokens: words.length, total_tokens: prompt + words.length },
    }
  })
}

/** A name with a slash that nobody else knows ends here while this provider is the only one. */
function notFound(asked: string): AppError {
  const slash = asked.indexOf('/')
  const unknown = slash === -1 ? '' : `There is no provider "${asked.slice(0, slash)}". `
  return new AppError('model_not_found', {
    message: `${unknown}The demo provider has one model: demo/${model}.`,
    param: 'model',
  })
}

/** What OpenAI takes, so that what works here works there: https://platform.openai.com/docs/api-reference/chat/create */
const ranges: readonly [name: keyof ChatRequest, low: number, high: number][] = [
  ['temperature', 0, 2],
  ['top_p', 0, 1],
  ['presence_penalty', -2, 2],
  ['frequency_penalty', -2, 2],
  ['top_logprobs', 0, 20],
]

/** The types have been checked by the translation. @throws AppError `invalid_request` */
function checkRanges(request: ChatRequest): void {
  for (const [name, low, high] of ranges) {
    const value = request[name]
    if (typeof value === 'number' && !(value >= low && value <= high))
      throw invalid(name, `must be a number from ${low} to ${high}.`)
  }
  for (const name of ['max_tokens', 'max_completion_tokens'] as const) {
    const value = request[name]
    if (typeof value === 'number' && !(Number.isInteger(value) && value >= 1))
      throw invalid(name, 'must be a whole number of at least 1.')
  }
  if (Array.isArray(request.stop) && request.stop.length > 4)
    throw invalid('stop', 'must be 4 texts at most.')
}

function tokens(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? []
}
