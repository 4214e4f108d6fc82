import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { CredentialSum, OwnedKey } from '@gatehouse/accounts'
import type { CredentialView, KeylessScore, Variables } from '@gatehouse/contracts'
import { type IssuerListing, signInVariables } from '@gatehouse/identity'
import type { OutboundCredential } from '@gatehouse/llm'
import type { RecentTraffic } from '@gatehouse/usage'
import type { GatewayConfig } from '../config.js'

const dayMs = 86_400_000

const nothing: Omit<CredentialView, 'id' | 'side' | 'kind' | 'name'> = {
  keyless: false,
  source: null,
  owner: null,
  connection: null,
  count: 1,
  created_at: null,
  age_days: null,
  expires_at: null,
  last_used_at: null,
  problem: null,
}

type Settings = Pick<
  GatewayConfig,
  'signIn' | 'issuers' | 'metricsToken' | 'jwtSecret' | 'jwtSecretPrevious' | 'dataDir' | 'databaseUrl'
>

/** What the configuration holds: names of variables, never their values. */
export async function configuredCredentials(config: Settings): Promise<CredentialView[]> {
  const values: Record<string, unknown> = config.signIn
  const variables: Variables = signInVariables
  const secrets = Object.entries(variables).filter(([name, { secret }]) => secret && values[name])
  const variable = (
    name: string,
    kind: CredentialView['kind'],
    side: CredentialView['side'] = 'inbound',
  ): CredentialView => ({ ...nothing, id: name, side, kind, name, source: name })
  return [
    { ...variable('JWT_SECRET', 'signing_secret'), ...(await generatedSecret(config)) },
    ...(config.jwtSecretPrevious ? [variable('JWT_SECRET_PREVIOUS', 'signing_secret')] : []),
    ...(config.metricsToken ? [variable('METRICS_TOKEN', 'static_key')] : []),
    ...secrets.map(([name]) => variable(name, 'client_secret')),
    ...introspectionSecrets(config, values),
    ...(holdsPassword(config.databaseUrl) ? [variable('DATABASE_URL', 'static_key', 'outbound')] : []),
  ]
}

/** Where development keeps the secret that it made for itself; nothing where the variable holds it. */
async function generatedSecret({ dataDir, jwtSecret }: Settings): Promise<Partial<CredentialView>> {
  const file = join(dataDir, 'jwt-secret')
  try {
    if ((await readFile(file, 'utf8')).trim() !== jwtSecret) return {}
    const { mtime } = await stat(file)
    return { source: file, created_at: mtime.toISOString(), age_days: age(mtime) }
  } catch {
    return {}
  }
}

/** Secrets by which issuers are asked about opaque tokens, but for that of a variable, which is told by its name. */
function introspectionSecrets({ issuers }: Settings, values: Record<string, unknown>): CredentialView[] {
  return issuers.flatMap(({ id, name, issuer, introspection }) =>
    introspection === null || Object.values(values).includes(introspection.clientSecret)
      ? []
      : [
          {
            ...nothing,
            id: `introspection:${id}`,
            side: 'inbound' as const,
            kind: 'client_secret' as const,
            name: `${name} (introspection)`,
            source: issuer,
          },
        ],
  )
}

function holdsPassword(address: string | undefined): boolean {
  if (address === undefined || !URL.canParse(address)) return false
  const { password, searchParams } = new URL(address)
  return password !== '' || searchParams.has('password')
}

/** Sessions that hold, of one kind. */
export function sessionCredential(sum: CredentialSum & { kind: 'browser' | 'token' }): CredentialView {
  return {
    ...nothing,
    id: `sessions:${sum.kind}`,
    side: 'inbound',
    kind: 'session',
    keyless: true,
    name: sum.kind === 'browser' ? 'Sessions in browsers' : 'Session tokens',
    source: 'sign-in',
    ...summed(sum),
  }
}

/** The tokens of a trusted issuer. */
export function issuerCredential(
  { id, name, issuer, problem }: IssuerListing,
  sum: CredentialSum | undefined,
): CredentialView {
  return {
    ...nothing,
    id: `issuer:${id}`,
    side: 'inbound',
    kind: 'platform_token',
    keyless: true,
    name,
    source: issuer,
    problem,
    ...(sum ? summed(sum) : { count: 0 }),
  }
}

/** An API key of somebody's. */
export function keyCredential(key: OwnedKey): CredentialView {
  const ends = [key.expires_at, key.revoked_at ?? key.expires_at].sort()
  return {
    ...nothing,
    id: key.id,
    side: 'inbound',
    kind: 'expiring_key',
    name: `${key.name} (${key.prefix}…)`,
    source: 'Gatehouse',
    owner: { type: key.owner.kind === 'service' ? 'service_account' : 'user', id: key.owner.id },
    created_at: key.created_at,
    age_days: age(new Date(key.created_at)),
    expires_at: ends[0] ?? null,
    last_used_at: key.last_used?.at ?? null,
  }
}

/** By what the gateway goes to a provider. */
export function outboundCredential(
  credential: OutboundCredential,
  traffic: readonly RecentTraffic[],
): CredentialView {
  const { provider, name, connection, kind, variables, file, createdAt, expiresAt, problem } = credential
  const used = traffic.find((sum) => sum.provider === provider)
  return {
    ...nothing,
    id: `outbound:${provider}:${connection}`,
    side: 'outbound',
    kind: kinds[kind],
    keyless: isKeyless(credential),
    name,
    source: [...variables, ...(file ? [file] : [])].join(', ') || givers[kind],
    connection,
    created_at: createdAt?.toISOString() ?? null,
    age_days: createdAt && age(createdAt),
    expires_at: expiresAt?.toISOString() ?? null,
    last_used_at: used?.lastHour.toISOString() ?? null,
    problem,
  }
}

const kinds: Record<OutboundCredential['kind'], CredentialView['kind']> = {
  api_key: 'static_key',
  certificate: 'certificate',
  managed_identity: 'platform_token',
  workload_identity: 'platform_token',
  aws_chain: 'platform_token',
  none: 'none',
}

/** Where no variable and no file says. */
const givers: Record<OutboundCredential['kind'], string | null> = {
  api_key: null,
  certificate: null,
  managed_identity: 'managed identity',
  workload_identity: 'workload identity',
  aws_chain: 'AWS credential chain',
  none: null,
}

const isKeyless = ({ kind }: OutboundCredential) => kind !== 'api_key'

/** Of a provider with several credentials every one has to be keyless: which of them a call went by is in no sum. */
export function keylessScore(
  traffic: readonly RecentTraffic[],
  credentials: readonly OutboundCredential[],
): KeylessScore {
  const known = traffic.flatMap(({ provider, calls }) => {
    const own = credentials.filter((credential) => credential.provider === provider)
    return own.length === 0 ? [] : [{ calls, keyless: own.every(isKeyless) ? calls : 0 }]
  })
  return { inbound: shareOf(traffic), outbound: shareOf(known) }
}

function shareOf(sums: readonly { calls: number; keyless: number }[]): KeylessScore['inbound'] {
  const calls = sums.reduce((sum, { calls: one }) => sum + one, 0)
  const keyless = sums.reduce((sum, { keyless: one }) => sum + one, 0)
  return { calls, keyless_calls: keyless, share: calls === 0 ? null : keyless / calls }
}

function summed({ count, createdAt, expiresAt, lastUsedAt }: CredentialSum) {
  return {
    count,
    created_at: createdAt?.toISOString() ?? null,
    age_days: createdAt && age(createdAt),
    expires_at: expiresAt?.toISOString() ?? null,
    last_used_at: lastUsedAt?.toISOString() ?? null,
  }
}

/** In days, to a tenth. */
const age = (since: Date) => Math.max(0, Math.round((Date.now() - since.getTime()) / (dayMs / 10)) / 10)
