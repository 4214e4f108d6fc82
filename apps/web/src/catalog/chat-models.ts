import type { Catalog, CatalogModel } from '@gatehouse/contracts'

/** Names of models that answer to something else than a conversation; many providers do not tell what theirs are for. */
const otherUse =
  /embed|moderation|whisper|transcri|tts|speech|audio|realtime|dall-e|image|imagen|veo|sora|video|rerank|ocr|guard|babbage|davinci|instruct\b.*-0914|computer-use|deep-research/i

/** Whether a model answers in words; where that is not known, its name says so as well as anything. */
export const isChat = ({ model, candidates, output_modalities: out }: CatalogModel): boolean =>
  out.length > 0 ? out.includes('text') : ![model, ...candidates].some((name) => otherUse.test(name))

/** Models that a conversation can be had with right now; those of the demo last. */
export function chatModels({ data, providers }: Catalog): CatalogModel[] {
  const demo = new Set(providers.filter((provider) => provider.demo).map(({ id }) => id))
  const ready = data.filter((model) => model.status === 'ready' && isChat(model))
  return ready.toSorted((one, other) => Number(demo.has(one.provider)) - Number(demo.has(other.provider)))
}

/**
 * The one to begin with: it is known to speak text and it costs little, so that to try it out harms nobody. The demo
 * where there is nothing else, and one that may fail where none is ready.
 * @param taken ids of models that are there already: another one, where there is one
 */
export function firstModel(catalog: Catalog, taken: readonly string[] = []): CatalogModel | undefined {
  const demo = new Set(catalog.providers.filter((provider) => provider.demo).map(({ id }) => id))
  const ready = chatModels(catalog)
  const able = ready.length > 0 ? ready : catalog.data.filter(isChat)
  const free = able.filter(({ id }) => !taken.includes(id))
  const models = free.length > 0 ? free : able
  const real = models.filter(({ provider }) => !demo.has(provider))
  if (real.length === 0) return models.find(({ id }) => id === 'demo/echo') ?? models[0]
  const priced = real.filter((model) => costOf(model) > 0)
  return priced.toSorted((one, other) => costOf(one) - costOf(other))[0] ?? real[0]
}

const costOf = ({ price }: CatalogModel): number => (price ? Number(price.output_usd_per_million) : 0)
