import type { Usage } from '@gatehouse/usage'

/**
 * A provider's usage, in the shape of OpenAI's chat, of its Responses, or of Anthropic's Messages; undefined for one
 * with figures that cannot be.
 */
export function usageOf(claimed: unknown): Usage | undefined {
  const anthropic = ['cache_read_input_tokens', 'cache_creation_input_tokens'].some(
    (name) => at(claimed, name) !== undefined,
  )
  const read = count(at(claimed, 'cache_read_input_tokens') ?? 0)
  const written = count(at(claimed, 'cache_creation_input_tokens') ?? 0)
  const input = count(at(claimed, 'prompt_tokens') ?? at(claimed, 'input_tokens'))
  const outputTokens = count(at(claimed, 'completion_tokens') ?? at(claimed, 'output_tokens') ?? 0)
  const details = at(claimed, 'prompt_tokens_details') ?? at(claimed, 'input_tokens_details')
  const produced = at(claimed, 'completion_tokens_details') ?? at(claimed, 'output_tokens_details')
  const cached = count(at(details, 'cached_tokens') ?? 0)
  const reasoningTokens = count(at(produced, 'reasoning_tokens') ?? 0)
  if (input === undefined || outputTokens === undefined || cached === undefined) return undefined
  if (reasoningTokens === undefined || read === undefined || written === undefined) return undefined
  // Anthropic counts what its cache held beside the input.
  const inputTokens = count(anthropic ? input + read + written : input)
  if (inputTokens === undefined) return undefined
  return {
    inputTokens,
    outputTokens,
    cachedTokens: anthropic ? read : cached,
    reasoningTokens,
    estimated: false,
  }
}

/** Whole, not negative, and within what the history's columns hold. */
function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 31
    ? value
    : undefined
}

function at(holder: unknown, name: string): unknown {
  return typeof holder === 'object' && holder !== null ? Reflect.get(holder, name) : undefined
}
