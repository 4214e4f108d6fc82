import { type SignInListing, signInVariables } from '@gatehouse/identity'
import type { ProviderState } from '@gatehouse/llm'
import type { GatewayConfig } from './config.js'

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
  const missing = models.filter(({ state }) => state !== 'ready')
  const lines = [
    `Gatehouse ${version} is ready in ${seconds.toFixed(1)} s at ${url}`,
    '',
    `  Docs       ${url}/docs`,
    `  Sign in    ${signIn.length > 0 ? signIn.map(({ name, browser }) => (browser ? name : `${name} (by token; the redirect needs its client secret)`)).join(', ') : `no way is configured: set ${waysToSignIn.join(' or ')}`}`,
    `  Models     ${ready.length > 0 ? ready.map(({ name, id, credential }) => `${name} (${id}${credential === 'none' ? '' : `, ${credential.replaceAll('_', ' ')}`})`).join(', ') : 'none'}`,
    ...missing.map(
      ({ name, missing: variables, problem }) =>
        `             ${name} needs ${variables.length > 0 ? variables.join(', ') : (problem ?? 'a credential')}`,
    ),
    `  Database   ${database === 'embedded' ? `embedded in ${config.dataDir}: one connection, this process alone; set DATABASE_URL for more` : 'Postgres'}`,
    ...config.warnings.map((warning) => `  Warning    ${warning}`),
    ...next(config, ready, token),
  ]
  return `\n${lines.join('\n')}\n\n`
}

function next(config: GatewayConfig, ready: ProviderState[], token: string | null): string[] {
  if (token === null) return ['', `  Next       open ${config.publicUrl} and sign in`]
  const model =
    ready.find(({ id }) => id === 'demo') ?? ready.find(({ defaultModel }) => defaultModel !== undefined)
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
