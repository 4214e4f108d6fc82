import { AppError } from '@gatehouse/contracts'
import type { Timeouts, Transport } from '@gatehouse/outbound'
import { checkModelId, isModelId } from './model-id.js'
import { createListing, type Listed, type Listing } from './model-listing.js'
import { describeCredential, type OutboundCredential } from './outbound-credential.js'
import type {
  ChatClient,
  Connection,
  CredentialKind,
  EmbeddingClient,
  ListedModel,
  Provider,
  RelayClient,
} from './provider.js'
import { createDemoProvider } from './providers/demo.js'
import { providers as allProviders } from './providers/index.js'

/** What the catalogue of models is built from. */
export interface ModelsOptions {
  /** The parsed values of `modelVariables`, by name. */
  values: Record<string, unknown>
  transport: Transport
  /** True: the demo provider is off unless it was asked for by name. */
  production: boolean
  /** Beside those that the variables make. */
  connections?: readonly ConnectionSettings[]
  /** In place of the registry. */
  providers?: readonly Provider[]
}

/** A connection that is made of values of its own, which a provider reads as it reads its variables. */
export interface ConnectionSettings {
  /** Unique among the connections of all providers, and not `default`. */
  id: string
  /** The provider's id. */
  provider: string
  /** Parsed values of the provider's variables, by name; nothing is taken from elsewhere. */
  values: Record<string, unknown>
}

/** Which way of a provider is meant; of several connections the first unless told. */
export interface WayOptions {
  /** The connection's id. */
  connection?: string | undefined
  /** In place of the transport's own times. Come from configuration: clients are kept for each that was asked for. */
  timeouts?: Partial<Timeouts> | undefined
}

/** How one provider stands, for the banner, the status page and the web app. */
export interface ProviderState {
  id: string
  name: string
  /** `ready`: there is a connection, and its credential was found where that needs a look. Nobody called a model. */
  state: 'ready' | 'not_configured'
  /** Names of the variables to set; empty when ready. */
  missing: string[]
  /** Of the first connection; `none` where there is no connection. */
  credential: CredentialKind
  defaultModel: string | undefined
  /** A sentence for the administrator, where a credential was looked for and not found. */
  problem: string | undefined
}

/** What speaks over one connection. */
interface Clients {
  client: ChatClient
  /** Absent where answers have to be translated. */
  relay: RelayClient | undefined
  /** Absent where the provider has no embeddings, or speaks OpenAI's shape of them. */
  embed?: EmbeddingClient | undefined
  /** For what came in Anthropic's shape; absent where the provider does not speak it. */
  messages?: RelayClient | undefined
}

/** One way to serve a request. */
export interface Candidate extends Clients {
  /** The provider's id. */
  provider: string
  /** The connection's id. */
  connection: string
  /** The model as the provider knows it. */
  model: string
  /** See `Provider.priceList`. */
  priceList: string | null
}

/** A model that can be asked for. */
export interface ModelEntry extends Omit<ListedModel, 'id'> {
  /** `provider/model`, as callers name it. */
  id: string
  /** The provider's id. */
  provider: string
  /** The model as the provider knows it. */
  model: string
  /** `degraded`: its provider did not list its models when last asked; what stands here is from before. */
  status: 'ready' | 'degraded'
}

/** Which providers there are, and the way to each. */
export interface Models {
  status(): ProviderState[]
  /**
   * The ways to a model, a connection each, in their order; never empty.
   * @throws AppError `unsupported_provider`, `provider_not_configured` naming the variables,
   *   `missing_required_parameter` (param `model`), `invalid_request` (param `model`)
   */
  resolve(provider: unknown, model?: string, options?: WayOptions): Candidate[]
  /** The id behind a name or an alias, configured or not. @throws AppError `unsupported_provider` */
  providerId(name: unknown): string
  /**
   * Looks for the credentials that only a try can find (a managed identity, the AWS chain), each for at most 3 s.
   * Never rejects. Call it at the start, and again to see a change in `status`.
   */
  check(signal: AbortSignal): Promise<void>
  /**
   * The models of every provider that is ready, in the order of the providers, each once: what the provider lists, and
   * its default model, which stands alone where the provider cannot list. Asked for at most every five minutes and kept;
   * waits two seconds at most, for all providers together, then gives what is known. Never rejects.
   */
  list(): Promise<ModelEntry[]>
  /**
   * The same at once, from what was heard of before: nobody is asked, and nobody waits. `complete` is false while a
   * provider has not been heard of since the start, whose own models are absent until then.
   */
  known(): { models: ModelEntry[]; complete: boolean }
  /** Ids of the providers that have a model of this name, as far as `list` has heard of it; asks nobody. */
  having(model: string): string[]
  /** With what the gateway goes to each provider, a connection each; nothing secret. Never rejects. */
  credentials(): Promise<OutboundCredential[]>
}

const checkLimitMs = 3_000

interface OpenConnection {
  connection: Connection
  /** What it was made of. */
  values: Record<string, unknown>
  /** What speaks over it, with the transport's own times unless told. */
  clients(timeouts: Partial<Timeouts> | undefined): Clients
  listing: Listing | undefined
}

interface Entry {
  provider: Provider
  missing: string[]
  connections: OpenConnection[]
  /** Why the check of its connections failed; undefined before it, after success, and where there is none. */
  problem: string | undefined
  checked: boolean
}

/** Builds the catalogue. Contacts nothing; see `Models.check`. */
export function createModels(options: ModelsOptions): Models {
  const { values, transport, production, providers = allProviders } = options
  const entries = providers.map((provider) => createEntry(provider, options))
  const demo = createEntry(createDemoProvider(), options)
  const asked = values.DEMO_PROVIDER
  // By Map alone: a lookup on an object would find `__proto__`.
  const byName = new Map<string, Entry>()
  for (const entry of [...entries, demo]) {
    for (const name of [entry.provider.id, ...entry.provider.aliases]) byName.set(name, entry)
  }

  const find = (name: unknown): Entry => {
    const entry = typeof name === 'string' ? byName.get(name) : undefined
    if (!entry) throw new AppError('unsupported_provider', { param: 'provider' })
    return entry
  }
  const demoIsOn = () => (typeof asked === 'boolean' ? asked : !production && !entries.some(isReady))
  const on = (entry: Entry) => (entry === demo ? demoIsOn() : isReady(entry))

  return {
    status: () => [...entries, ...(demoIsOn() ? [demo] : [])].map((entry) => describe(entry, on(entry))),

    providerId: (name) => find(name).provider.id,

    resolve(name, model, { connection: wanted, timeouts } = {}) {
      const entry = find(name)
      const { provider, connections } = entry
      const serving = connections.filter(
        ({ connection: { id, discovered } }) =>
          (wanted === undefined || id === wanted) && (!discovered || isReady(entry)),
      )
      if (serving.length === 0 || (entry === demo && !demoIsOn())) throw notConfigured(entry)

      const candidates = serving.flatMap(({ connection, clients }) => {
        const chosen = model || connection.defaultModel
        if (!chosen) return []
        const { id, priceList } = provider
        const way = { provider: id, connection: connection.id, model: checkModelId(chosen), priceList }
        return [{ ...way, ...clients(timeouts) }]
      })
      if (candidates.length > 0) return candidates
      throw new AppError('missing_required_parameter', {
        message: `Name a model: ${provider.name} has no default one.`,
        param: 'model',
      })
    },

    async check(signal) {
      await Promise.all(entries.map((entry) => checkEntry(entry, transport, signal)))
    },

    async list() {
      const shown = [...entries, demo].filter(on)
      return (await Promise.all(shown.map(listEntry))).flat()
    },

    known() {
      const shown = [...entries, demo].filter(on)
      return {
        models: shown.flatMap((entry) => {
          const [first] = entry.connections
          return first ? entriesOf(entry.provider, first, first.listing?.standing()) : []
        }),
        complete: shown.every(({ connections: [first] }) => !first?.listing || first.listing.standing()),
      }
    },

    having: (model) =>
      [...entries, demo].filter((entry) => on(entry) && has(entry, model)).map(({ provider }) => provider.id),

    async credentials() {
      const shown = [...entries, demo].filter((entry) => entry !== demo || demoIsOn())
      return Promise.all(
        shown.flatMap((entry) =>
          entry.connections
            .filter(({ connection: { discovered } }) => !discovered || isReady(entry))
            .map(({ connection, values: own }) => describeCredential(entry.provider, connection, own)),
        ),
      )
    },
  }
}

function createEntry(provider: Provider, options: ModelsOptions): Entry {
  const { values, transport, production, connections: settings = [] } = options
  const { connections: usual, missing } = provider.configure(values, { production })
  const others = settings
    .filter((setting) => setting.provider === provider.id)
    .flatMap((setting) =>
      provider
        .configure(setting.values)
        // By assignment: a credential whose kind is found later is told by a getter, which a copy would freeze.
        .connections.map((made) => ({
          connection: Object.assign(made, { id: setting.id }),
          values: setting.values,
        })),
    )
  // Nobody has to look for what the operator has named.
  const connections = [
    ...usual
      .filter(({ discovered }) => !discovered || others.length === 0)
      .map((connection) => ({ connection, values })),
    ...others,
  ]
  return {
    provider,
    missing,
    connections: connections.map(({ connection, values }) => ({
      connection,
      values,
      clients: createClients(connection, transport),
      listing: connection.list && createListing({ ask: (signal) => listOf(connection, transport, signal) }),
    })),
    problem: undefined,
    checked: false,
  }
}

/** Opens a connection once for each set of times. */
function createClients(connection: Connection, transport: Transport): OpenConnection['clients'] {
  const open = (over: Transport): Clients => ({
    client: connection.open(over),
    relay: connection.relay?.(over),
    embed: connection.embed?.(over),
    messages: connection.messages?.(over),
  })
  const usual = open(transport)
  const others = new Map<string, Clients>()
  return (timeouts) => {
    if (!timeouts) return usual
    const key = JSON.stringify(timeouts)
    const known = others.get(key) ?? open(transport.withTimeouts(timeouts))
    others.set(key, known)
    return known
  }
}

async function listOf(connection: Connection, transport: Transport, signal: AbortSignal) {
  return (await connection.list?.(transport, signal)) ?? []
}

async function listEntry({ provider, connections: [first] }: Entry): Promise<ModelEntry[]> {
  // What `provider/model` reaches: the first connection.
  return first ? entriesOf(provider, first, await first.listing?.get()) : []
}

/** @param listed what the provider told; undefined where it cannot list, or has not been heard of */
function entriesOf(
  provider: Provider,
  { connection }: OpenConnection,
  listed: Listed | undefined,
): ModelEntry[] {
  const { models, current } = listed ?? { models: [], current: true }
  const { defaultModel } = connection
  const status = current ? 'ready' : 'degraded'
  const entries = new Map<string, ModelEntry>()
  for (const { id: model, ...known } of defaultModel ? [...models, { id: defaultModel }] : models) {
    // A model that nobody could ask for is not offered.
    if (entries.has(model) || !isModelId(model)) continue
    entries.set(model, { ...known, id: `${provider.id}/${model}`, provider: provider.id, model, status })
  }
  return [...entries.values()]
}

/** Of its first connection, which `provider/model` reaches. */
function has({ connections: [first] }: Entry, model: string): boolean {
  return (
    first !== undefined &&
    (first.connection.defaultModel === model ||
      (first.listing?.known().some(({ id }) => id === model) ?? false))
  )
}

function isReady({ connections, problem, checked }: Entry): boolean {
  const needsCheck = connections.every(({ connection }) => connection.check !== undefined)
  return connections.length > 0 && problem === undefined && (checked || !needsCheck)
}

async function checkEntry(entry: Entry, transport: Transport, signal: AbortSignal): Promise<void> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(checkLimitMs)])
  const results = await Promise.allSettled(
    entry.connections.map(async ({ connection }) => {
      limited.throwIfAborted()
      await Promise.race([connection.check?.(transport, limited), rejectOnAbort(limited)])
    }),
  )
  const failed = results.find((result) => result.status === 'rejected')
  const found = results.some((result) => result.status === 'fulfilled')
  entry.problem = failed && !found ? sentence(failed.reason) : undefined
  entry.checked = true
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function sentence(reason: unknown): string {
  return reason instanceof Error ? reason.message : 'No credential was found.'
}

function describe({ provider, missing, connections, problem }: Entry, ready: boolean): ProviderState {
  const first = connections[0]?.connection
  return {
    id: provider.id,
    name: provider.name,
    state: ready ? 'ready' : 'not_configured',
    missing: ready ? [] : missing,
    credential: first?.credential ?? 'none',
    defaultModel: first?.defaultModel,
    problem,
  }
}

function notConfigured({ provider, missing }: Entry): AppError {
  return new AppError('provider_not_configured', {
    message: `${provider.name} is not configured. Set ${missing.join(' and ')}.`,
    param: 'provider',
  })
}
