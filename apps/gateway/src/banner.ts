import { type SignInListing, signInVariables } from '@gatehouse/identity'
import type { ProviderState } from '@gatehouse/llm'
import type { GatewayConfig } from './config.js'
import { localCaller } from './http/local-caller.js'
import type { Routing } from './routing/routing.js'

/** The variables that turn a way to sign in on. */
const waysToSignIn = Object.keys(signInVariables).filter(
  (name) => name.endsWith('_CLIENT_ID') && !name.startsWith('AUTH_'),
)

/** What the banner tells. */
export interface BannerFacts {
  config: GatewayConfig
  version: string
  seconds: number
  signIn: SignInListing[]
  models: ProviderState[]
  database: 'embedded' | 'postgres'
  /** A fresh session token of the local admin; development only. */
  token: string | null
}

/** The lines that the start prints once the port answers. */
export function banner({ config, version, seconds, signIn, models, database, token }: BannerFacts): string {
  const url = config.publicUrl
  const ready = models.filter(({ state }) => state === 'ready')
  const off = models.filter(({ state }) => state !== 'ready')
  // The rest is on nobody's mind.
  const troubled = off.filter(({ id, problem }) => problem !== undefined && config.wantedModels.has(id))
  const others = off.filter((model) => !troubled.includes(model))
  const lines = [
    `Gatehouse ${version} is ready in ${seconds.toFixed(1)} s at ${url}`,
    '',
    ...(config.enableAuth ? [`  Docs       ${url}/docs`] : []),
    `  Sign in    ${ways(config, signIn)}`,
    `  Models     ${ready.length > 0 ? ready.map(({ name, id, credential }) => `${name} (${id}${credential === 'none' ? '' : `, ${credential.replaceAll('_', ' ')}`})`).join(', ') : 'none'}`,
    ...troubled.map(({ name, problem }) => `             ${name} is off: ${problem}`),
    ...(others.length > 0 ? [`             ${named(others)} off: see .env.example`] : []),
    ...(config.routing ? [`  Routing    ${routed(config.routing)}`] : []),
    `  Database   ${database === 'embedded' ? `embedded in ${config.dataDir}: one connection, this process alone; set DATABASE_URL for more` : 'Postgres'}`,
    ...[...config.warnings, ...nobodyComesIn(config, signIn)].map((warning) => `  Warning    ${warning}`),
    ...next(config, signIn, ready, token),
  ]
  return `\n${lines.join('\n')}\n\n`
}

/** Of many the first ones: what they are called is in the file that turns them on. */
function named(providers: readonly ProviderState[]): string {
  const ids = providers.map(({ id }) => id)
  // Three and a number are no shorter than four.
  const shown = ids.length > 4 ? [...ids.slice(0, 3), `${ids.length - 3} more`] : ids
  const last = shown.pop()
  return shown.length > 0 ? `${shown.join(', ')} and ${last} are` : `${last} is`
}

function routed({ file, connections, aliases }: Routing): string {
  const names = (of: readonly { id: string }[]) => of.map(({ id }) => id).join(', ') || 'none'
  return `${file}: connections ${names(connections)}; models ${names(aliases)}`
}

function ways({ enableAuth, publicUrl }: GatewayConfig, signIn: SignInListing[]): string {
  if (!enableAuth)
    return `off (ENABLE_AUTH=false): whoever is on this machine calls ${publicUrl}/v1 as ${localCaller}`
  if (signIn.length === 0) return 'no way is configured'
  return signIn
    .map(({ id, name, browser }) =>
      browser ? name : `${name} (by token; the redirect needs ${id.toUpperCase()}_CLIENT_SECRET)`,
    )
    .join(', ')
}

function nobodyComesIn({ enableAuth }: GatewayConfig, signIn: SignInListing[]): string[] {
  return enableAuth && signIn.length === 0
    ? [`Nobody can sign in, so nobody can call a model. Set ${waysToSignIn.join(' or ')} and its secret.`]
    : []
}

function next(
  config: GatewayConfig,
  signIn: SignInListing[],
  ready: ProviderState[],
  token: string | null,
): string[] {
  const model =
    ready.find(({ id }) => id === 'demo') ?? ready.find(({ defaultModel }) => defaultModel !== undefined)
  if (!config.enableAuth) return withoutAuth(config, model)
  if (signIn.length === 0)
    return ['', '  Next       configure a way to sign in (.env.example) and start again']
  if (token === null) return ['', `  Next       open ${config.publicUrl} and sign in`]
  if (!model)
    return [
      '',
      `  Next       open ${config.publicUrl}, sign in, and call a model by name (${config.publicUrl}/docs)`,
    ]
  const body = JSON.stringify({
    provider: model.id,
    ...(model.defaultModel ? {} : { model: 'echo' }),
    prompt: 'Say hello',
  })
  return [
    '',
    `  Next       open ${config.publicUrl} and sign in, or call a model now as the local admin:`,
    '',
    `curl -s ${config.publicUrl}/api/v1/llm/call -H 'authorization: Bearer ${token}' -H 'content-type: application/json' -d '${body}'`,
  ]
}

function withoutAuth({ publicUrl }: GatewayConfig, model: ProviderState | undefined): string[] {
  if (!model) return ['', `  Next       call a model by name at ${publicUrl}/v1/chat/completions`]
  const body = JSON.stringify({
    model: `${model.id}/${model.defaultModel ?? 'echo'}`,
    messages: [{ role: 'user', content: 'Say hello' }],
  })
  return [
    '',
    '  Next       call a model now:',
    '',
    `curl -s ${publicUrl}/v1/chat/completions -H 'content-type: application/json' -d '${body}'`,
  ]
}
