import type { Catalog, CatalogModel, CatalogProvider, RecentCalls } from '@gatehouse/contracts'
import type { Candidate, ModelEntry, Models, OutboundCredential, ProviderState } from '@gatehouse/llm'
import type { CallLog, LastHour } from '@gatehouse/usage'
import type { AliasListing } from '../openai/route.js'
import type { Router } from '../openai/router.js'
import { firstWay, listedFor, plainNumber, pricePerToken, wayName } from './listed.js'

/** What the catalogue is made from. */
export interface CatalogSources {
  models: Pick<Models, 'known' | 'status' | 'resolve'>
  router: Pick<Router, 'aliases' | 'isLeftAlone'>
  calls: Pick<CallLog, 'price' | 'facts'>
}

/** For whom it is. */
export interface CatalogReader {
  /** See `Caller.modelLists`. */
  modelLists: readonly (readonly string[])[]
  /** For admins: what the gateway goes to each provider with, and what went wrong. Null: that is not for them. */
  credentials: readonly OutboundCredential[] | null
}

/**
 * The models that somebody may use and the providers behind them, from what is known at once.
 * @param lastHour null where it is not known
 */
export function catalogOf(
  { models, router, calls }: CatalogSources,
  reader: CatalogReader,
  lastHour: LastHour | null,
): Catalog {
  const { models: known, complete } = models.known()
  const { entries, aliases: usable } = listedFor(reader.modelLists, known, router.aliases())
  const own = entries.map((entry) => modelOf(entry, router, firstWay(models, entry), calls))
  const states = new Map(models.status().map((state) => [state.id, state]))
  const aliases = usable.map((alias) => aliasOf(alias, router, states))
  const data = [...aliases, ...own]
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: false,
    complete,
    providers: models.status().map((state) => {
      const listed = own.filter(({ provider }) => provider === state.id)
      const isDegraded =
        known.some(({ provider, status }) => provider === state.id && status === 'degraded') ||
        listed.some(({ status }) => status === 'degraded')
      const recent = lastHour && (lastHour.get(state.id) ?? noCalls)
      return providerOf(state, { isDegraded, models: listed.length, recent }, reader.credentials)
    }),
  }
}

const noCalls: RecentCalls = {
  window_minutes: 60,
  calls: 0,
  failed_calls: 0,
  success_rate: null,
  median_first_byte_ms: null,
  last_success_at: null,
}

function modelOf(
  { id, provider, model, status, ...told }: ModelEntry,
  router: CatalogSources['router'],
  candidate: Candidate | undefined,
  calls: CatalogSources['calls'],
): CatalogModel {
  const facts = calls.facts(candidate ?? { provider, priceList: null, model })
  const isDegraded = status === 'degraded' || router.isLeftAlone({ provider, model })
  return {
    id,
    provider,
    model,
    name: told.name ?? facts.name,
    status: isDegraded ? 'degraded' : 'ready',
    context_length: told.contextLength ?? facts.contextLength,
    max_output_tokens: told.maxOutputTokens ?? null,
    input_modalities: [...(told.inputModalities ?? [])],
    output_modalities: [...(told.outputModalities ?? [])],
    price: candidate ? priceOf(candidate, calls) : null,
    alias: false,
    candidates: [],
  }
}

/** Degraded once nothing of it can be asked: one candidate that answers is enough. */
function aliasOf(
  { id, candidates }: AliasListing,
  router: CatalogSources['router'],
  states: ReadonlyMap<string, ProviderState>,
): CatalogModel {
  const answers = candidates.some(
    (way) =>
      (way.connection !== undefined || states.get(way.provider)?.state === 'ready') &&
      !router.isLeftAlone(way),
  )
  return {
    id,
    provider: 'gatehouse',
    model: id,
    name: null,
    status: answers ? 'ready' : 'degraded',
    context_length: null,
    max_output_tokens: null,
    input_modalities: [],
    output_modalities: [],
    price: null,
    alias: true,
    candidates: candidates.map(wayName),
  }
}

function providerOf(
  { id, name, state, missing, credential, problem }: ProviderState,
  seen: { isDegraded: boolean; models: number; recent: RecentCalls | null },
  credentials: CatalogReader['credentials'],
): CatalogProvider {
  const isReady = state === 'ready'
  const own = credentials?.find(({ provider }) => provider === id)
  const trouble = problem ?? own?.problem ?? undefined
  const sentence =
    problem !== undefined
      ? 'Its credential cannot be used at present. An administrator sees why.'
      : isReady && seen.isDegraded
        ? 'It failed when it was last asked.'
        : null
  return {
    id,
    name,
    state: !isReady ? 'unconfigured' : seen.isDegraded ? 'degraded' : 'ready',
    demo: id === 'demo',
    missing: [...missing],
    credential: !isReady ? null : own ? described(own) : kindOf(credential),
    problem: credentials ? (trouble ?? sentence) : sentence,
    models: seen.models,
    recent: seen.recent,
  }
}

const kindOf = (credential: ProviderState['credential']): string =>
  credential === 'none' ? 'none' : credential === 'api_key' ? 'key' : 'keyless'

/** For admins: where it is, or what it is where it is nowhere. */
const described = ({ kind, variables, file }: OutboundCredential): string =>
  variables.join(', ') || (file ?? kind.replaceAll('_', ' '))

function priceOf(candidate: Candidate, calls: CatalogSources['calls']): CatalogModel['price'] {
  const price = pricePerToken(candidate, calls)
  if (!price) return null
  const perMillion = (usd: number) => plainNumber(usd * 1e6, 7)
  const [input, cached] = [perMillion(price.input), price.cached === null ? null : perMillion(price.cached)]
  return {
    input_usd_per_million: input,
    output_usd_per_million: perMillion(price.output),
    cached_input_usd_per_million: cached === input ? null : cached,
  }
}
