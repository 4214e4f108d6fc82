import { AppError } from '@gatehouse/contracts'
import type { Transport } from '@gatehouse/outbound'
import { checkModelId } from './model-id.js'
import type { ChatClient, Connection, CredentialKind, Provider, RelayClient } from './provider.js'
import { createDemoProvider } from './providers/demo.js'
import { providers as allProviders } from './providers/index.js'

/** What the catalogue of models is built from. */
export interface ModelsOptions {
  /** The parsed values of `modelVariables`, by name. */
  values: Record<string, unknown>
  transport: Transport
  /** True: the demo provider is off unless it was asked for by name. */
  production: boolean
  /** In place of the registry. */
  providers?: readonly Provider[]
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

/** One way to serve a request. */
export interface Candidate {
  /** The provider's id. */
  provider: string
  /** The connection's id. */
  connection: string
  /** The model as the provider knows it. */
  model: string
  /** See `Provider.priceList`. */
  priceList: string | null
  client: ChatClient
  /** Absent where answers have to be translated. */
  relay: RelayClient | undefined
}

/** Which providers there are, and the way to each. */
export interface Models {
  status(): ProviderState[]
  /**
   * The ways to a model, in the order in which to try them; never empty.
   * @throws AppError `unsupported_provider`, `provider_not_configured` naming the variables,
   *   `missing_required_parameter` (param `model`), `invalid_request` (param `model`)
   */
  resolve(provider: unknown, model?: string): Candidate[]
  /** The id behind a name or an alias, configured or not. @throws AppError `unsupported_provider` */
  providerId(name: unknown): string
  /**
   * Looks for the credentials that only a try can find (a managed identity, the AWS chain), each for at most 3 s.
   * Never rejects. Call it at the start, and again to see a change in `status`.
   */
  check(signal: AbortSignal): Promise<void>
}

const checkLimitMs = 3_000

interface Entry {
  provider: Provider
  missing: string[]
  connections: { connection: Connection; client: ChatClient; relay: RelayClient | undefined }[]
  /** Why the check of its connections failed; undefined before it, after success, and where there is none. */
  problem: string | undefined
  checked: boolean
}

/** Builds the catalogue. Contacts nothing; see `Models.check`. */
export function createModels({
  values,
  transport,
  production,
  providers = allProviders,
}: ModelsOptions): Models {
  const entries = providers.map((provider) => createEntry(provider, values, transport))
  const demo = createEntry(createDemoProvider(), values, transport)
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

    resolve(name, model) {
      const entry = find(name)
      const { provider, connections } = entry
      if (connections.length === 0 || (entry === demo && !demoIsOn())) throw notConfigured(entry)

      const candidates = connections.flatMap(({ connection, client, relay }) => {
        const chosen = model || connection.defaultModel
        if (!chosen) return []
        const { id, priceList } = provider
        return [
          { provider: id, connection: connection.id, model: checkModelId(chosen), priceList, client, relay },
        ]
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
  }
}

function createEntry(provider: Provider, values: Record<string, unknown>, transport: Transport): Entry {
  const { connections, missing } = provider.configure(values)
  return {
    provider,
    missing,
    connections: connections.map((connection) => ({
      connection,
      client: connection.open(transport),
      relay: connection.relay?.(transport),
    })),
    problem: undefined,
    checked: false,
  }
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
