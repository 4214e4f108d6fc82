import type { Candidate, ModelEntry, Models } from '@gatehouse/llm'
import type { CallLog } from '@gatehouse/usage'
import type { Caller } from '../http/caller.js'
import { allows } from '../openai/allowed-models.js'
import type { AliasListing } from '../openai/route.js'

/** The models that somebody may use, and the aliases with what of them leads there. */
export function listedFor(
  lists: Caller['modelLists'],
  entries: readonly ModelEntry[],
  aliases: readonly AliasListing[],
): { entries: ModelEntry[]; aliases: AliasListing[] } {
  return {
    entries: entries.filter(({ provider, model }) => allows(lists, provider, model)),
    aliases: aliases
      .map((alias) => ({
        ...alias,
        candidates: alias.candidates.filter(({ provider, model }) =>
          allows(lists, provider, model, alias.id),
        ),
      }))
      .filter(({ candidates }) => candidates.length > 0),
  }
}

/** A way of an alias as it is told: `provider/model`, with `@connection` where one is named. */
export const wayName = ({ provider, connection, model }: AliasListing['candidates'][number]): string =>
  connection === undefined ? `${provider}/${model}` : `${provider}/${model}@${connection}`

/** The first way to a model; undefined where there is none now. */
export function firstWay(
  models: Pick<Models, 'resolve'>,
  { provider, model }: Pick<ModelEntry, 'provider' | 'model'>,
): Candidate | undefined {
  try {
    return models.resolve(provider, model)[0]
  } catch {
    return undefined
  }
}

/**
 * What a token costs in US dollars; null where no price is known. Asked of a thousand: a price with steps begins at its
 * lowest, and one of a single token has more places than are written.
 */
export function pricePerToken(
  candidate: Candidate,
  calls: Pick<CallLog, 'price'>,
): { input: number; output: number; cached: number | null } | null {
  const of = (inputTokens: number, outputTokens: number, cachedTokens: number) => {
    const usage = { inputTokens, outputTokens, cachedTokens, reasoningTokens: 0, estimated: false }
    const { usd } = calls.price(candidate, usage)
    return usd === null ? null : Number(usd) / 1000
  }
  const [input, output] = [of(1000, 0, 0), of(0, 1000, 0)]
  return input === null || output === null ? null : { input, output, cached: of(1000, 0, 1000) }
}

/** A figure in places that suffice, without noughts at its end. */
export const plainNumber = (value: number, places: number): string =>
  value.toFixed(places).replace(/\.?0+$/, '')
