import { configuredIssuer, type SignInValues, signInVariables } from '@gatehouse/identity'
import { type Connection, modelProviders } from '@gatehouse/llm'
import { nearestName } from '@gatehouse/platform'

/** What was set, by name and origin. */
export interface GivenSettings {
  /** Names that are set, in `.env` or really. */
  names: ReadonlySet<string>
  /** Names that stand in `.env`. */
  inFile: readonly string[]
  /** See `Environment.unreadableLines`. */
  unreadableLines: readonly number[]
  /** Every name that some part of the gateway reads. */
  known: ReadonlySet<string>
  signIn: SignInValues
  /** The parsed values of `modelVariables`. */
  models: Record<string, unknown>
  production: boolean
}

/** Promised, and not there yet. */
const notYet: Record<string, string> = {
  REDIS_URL: 'gateways share what they must by the database',
}

/** Platforms set these by themselves (a pod with a workload identity, a function): none is a wish for a provider. */
const ambient = /^(AWS_(?!REGION$)|AZURE_(?!OPENAI_)|GOOGLE_(CLOUD|APPLICATION)_|GCE_|CLOUDSDK_)/

/** Read by the SDKs, by Node or by docker compose from the same file. */
const ofOthers =
  /^(AWS_|AZURE_|GOOGLE_|GCLOUD_|IDENTITY_|MSI_|NODE_|SSL_|PG|POSTGRES_|COMPOSE_|DOCKER_|npm_|(https?|no|all)_proxy$|TZ$|PATH$|LANG$|CI$|VITEST)/i

/** What each way to sign in cannot go without. */
const signInNeeds: [name: string, own: RegExp, needs: string[]][] = [
  ['Google', /^GOOGLE_(CLIENT|ISSUER)_/, ['GOOGLE_CLIENT_ID']],
  ['Microsoft', /^MICROSOFT_/, ['MICROSOFT_CLIENT_ID']],
  ['GitHub', /^GITHUB_(CLIENT_|URL$|API_URL$)/, ['GITHUB_CLIENT_ID', 'GITHUB_CLIENT_SECRET']],
]

/** Sentences about settings that do nothing, each with its mend; never a value. */
export function ignoredSettings(given: GivenSettings): string[] {
  return [
    ...given.unreadableLines.map(
      (line) => `.env line ${line} sets nothing. Write NAME=value, or # before a comment.`,
    ),
    ...unknownNames(given),
    ...incompleteSignIn(given),
    ...incompleteModels(given),
  ]
}

/** Ids of the model providers of which a variable was set: somebody wants them. */
export function wantedProviders({ names, inFile }: GivenSettings): ReadonlySet<string> {
  const own = (name: string) => names.has(name) && (!ambient.test(name) || inFile.includes(name))
  return new Set(
    modelProviders.filter(({ variables }) => Object.keys(variables).some(own)).map(({ id }) => id),
  )
}

function unknownNames({ names, inFile, known }: GivenSettings): string[] {
  return [...names].flatMap((name) => {
    if (known.has(name)) return []
    if (notYet[name]) return [`${name} is set, and nothing uses it yet: ${notYet[name]}.`]
    const meant = nearestName(name, known)
    if (meant !== undefined && !names.has(meant)) return [`${name} is unknown. Is ${meant} meant?`]
    if (!inFile.includes(name) || ofOthers.test(name)) return []
    return [`${name} in .env is unknown, and nothing uses it.`]
  })
}

function incompleteSignIn({ names, signIn }: GivenSettings): string[] {
  const found = signInNeeds.flatMap(([name, own, needs]) =>
    without(
      Object.keys(signInVariables).filter((variable) => own.test(variable) && names.has(variable)),
      needs.filter((variable) => !names.has(variable)),
      `nobody can sign in with ${name}`,
    ),
  )
  const oidc = Object.keys(signInVariables).filter(
    (variable) => /^(AUTH_)?OIDC_/.test(variable) && names.has(variable),
  )
  const issuer = ['OIDC_ISSUER_URL', 'AUTH_OIDC_ISSUER'].find((variable) => names.has(variable))
  if (issuer === undefined)
    return [...found, ...without(oidc, ['OIDC_ISSUER_URL'], 'there is no issuer to go with it')]
  const { clientId, audience } = configuredIssuer(signIn)
  const meant = names.has('OIDC_AUDIENCE') || names.has('AUTH_OIDC_AUDIENCE')
  if (!signIn.OIDC_SIGN_IN || !meant || audience !== clientId) return found
  return [
    ...found,
    `People sign in by ${issuer}, and OIDC_AUDIENCE is the client they do it with: tokens of machines are refused. Set another OIDC_AUDIENCE to accept them.`,
  ]
}

function incompleteModels(given: GivenSettings): string[] {
  const wanted = wantedProviders(given)
  return modelProviders.flatMap(({ id, name, variables, configure }) => {
    if (!wanted.has(id) || id === 'demo') return []
    const { connections, missing } = configure(given.models, { production: given.production })
    const set = Object.keys(variables).filter((variable) => given.names.has(variable))
    if (connections.length === 0) return without(set, missing, `${name} is not turned on by that`)
    // Variables that go together, as a key and its secret, of which there is one alone.
    const absent = missing.filter((variable) => !given.names.has(variable))
    const present = missing.filter((variable) => given.names.has(variable))
    return [...without(present, absent, `${name} does not use it`), ...needlessKeys(name, set, connections)]
  })
}

/** Keys of a provider that is reached by the identity of the platform. */
function needlessKeys(name: string, set: string[], connections: Connection[]): string[] {
  const file = set.find((variable) => variable.endsWith('_IDENTITY_TOKEN_FILE'))
  if (file === undefined || connections.some(({ credential }) => credential === 'api_key')) return []
  return set
    .filter((variable) => variable.endsWith('_API_KEY'))
    .map((key) => `${key} is set, and nothing uses it: ${name} is reached by ${file}. Remove the key.`)
}

function without(set: string[], missing: string[], effect: string): string[] {
  if (set.length === 0 || missing.length === 0) return []
  return [
    `${set.join(', ')} ${set.length > 1 ? 'are' : 'is'} set without ${missing.join(' and ')}: ${effect}.`,
  ]
}
