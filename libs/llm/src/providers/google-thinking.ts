import type { ThinkingConfig, ThinkingLevel } from '@google/genai'
import type { Chat, ReasoningEffort } from '../translation/conversation.js'
import type { Drop } from '../translation/fields.js'

type Effort = Exclude<ReasoningEffort, 'none'>

/** Gemini 2.5, in tokens; Google's own OpenAI endpoint has the same. https://ai.google.dev/gemini-api/docs/openai#thinking */
const budgets: Record<Effort, number> = {
  minimal: 1_024,
  low: 1_024,
  medium: 8_192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
}

/** Gemini 3 and later. */
const levels: Record<Effort, `${ThinkingLevel}`> = {
  minimal: 'MINIMAL',
  low: 'LOW',
  medium: 'MEDIUM',
  high: 'HIGH',
  xhigh: 'HIGH',
  max: 'HIGH',
}

/**
 * `reasoning_effort` as the model takes it; with it, the model tells what it thinks.
 * https://ai.google.dev/gemini-api/docs/thinking
 */
export function thinkingOf({ model, reasoningEffort: effort }: Chat, drop: Drop): ThinkingConfig | undefined {
  if (effort === undefined) return undefined
  const version = versionOf(model)
  const isPro = /-pro\b/.test(model)
  if (version < 2.5) {
    // It does not think: asked not to, it does what it is asked.
    if (effort !== 'none') drop('reasoning_effort')
    return undefined
  }
  if (effort === 'none') {
    if (version < 3 && !isPro) return { thinkingBudget: 0 }
    // The others cannot be kept from it.
    drop('reasoning_effort')
    return undefined
  }
  if (version < 3) return { includeThoughts: true, thinkingBudget: budgets[effort] }
  const level = isPro && effort === 'minimal' ? 'LOW' : levels[effort]
  return { includeThoughts: true, thinkingLevel: level as ThinkingLevel }
}

/** Gemini 3 and later refuse a call that comes back without its signature. */
export function wantsSignatures(model: string): boolean {
  return versionOf(model) >= 3
}

/** 2.5 of `gemini-2.5-flash`; a name without a number, as `gemini-flash-latest`, is the newest. Other families do not think. */
function versionOf(model: string): number {
  const name = model.replace(/^models\//, '')
  if (!name.startsWith('gemini-')) return 0
  return Number(/^gemini-(\d+(?:\.\d+)?)/.exec(name)?.[1] ?? Number.POSITIVE_INFINITY)
}
