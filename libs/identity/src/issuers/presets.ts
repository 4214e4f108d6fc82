import { asymmetricAlgorithms } from '../keys/algorithms.js'
import type { RequiredClaim, TrustedIssuer } from './trusted-issuer.js'

/** What the workload tokens of a platform are like. It only fills settings in that the operator leaves out. */
export interface IssuerPreset {
  id: string
  /** For people. */
  name: string
  /** Where there is one for the whole world. */
  issuer?: string
  algorithms: readonly string[]
  idTokens: boolean
  nameClaim?: string
  /** Whether an issuer is of this platform, also where the operator does not say so. */
  owns(issuer: string): boolean
  /** Claims that tell one customer's callers from another's, where a stranger can have a token for any audience. */
  narrowing: readonly string[]
  /** What is required beside what the operator says. */
  requires(given: Pick<TrustedIssuer, 'clients' | 'required'>): RequiredClaim[]
}

const githubIssuer = 'https://token.actions.githubusercontent.com'
const googleIssuer = 'https://accounts.google.com'
const nothing = () => []
const names = (required: readonly RequiredClaim[], claim: string) =>
  required.some((rule) => rule.claim === claim)

/** https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#schema-for-service-account-private-claims */
const kubernetes: IssuerPreset = {
  id: 'kubernetes',
  name: 'Kubernetes',
  algorithms: ['RS256', 'ES256', 'ES384', 'ES512'],
  idTokens: false,
  nameClaim: 'kubernetes.io.serviceaccount.name',
  owns: () => false,
  narrowing: [],
  requires: nothing,
}

/** https://docs.github.com/actions/reference/security/oidc */
const githubActions: IssuerPreset = {
  id: 'github-actions',
  name: 'GitHub Actions',
  issuer: githubIssuer,
  algorithms: ['RS256'],
  idTokens: true,
  nameClaim: 'repository',
  owns: (issuer) => issuer === githubIssuer || issuer.startsWith(`${githubIssuer}/`),
  // Every repository there is can ask for a token with any audience.
  // Not `job_workflow_ref`: a workflow that is public can be called from every repository.
  narrowing: [
    'repository',
    'repository_id',
    'repository_owner',
    'repository_owner_id',
    'enterprise_id',
    'sub',
  ],
  requires: nothing,
}

/** https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference */
const entra: IssuerPreset = {
  id: 'entra',
  name: 'Microsoft Entra ID',
  algorithms: ['RS256'],
  idTokens: false,
  nameClaim: 'app_displayname',
  owns: (issuer) =>
    /^https:\/\/(login\.microsoftonline\.(com|us)|login\.partner\.microsoftonline\.cn|sts\.windows\.net|sts\.chinacloudapi\.cn)\//.test(
      issuer,
    ),
  narrowing: [],
  // Any application of the tenant can have a token for our audience: without a list of clients, it needs a role of ours (T29).
  requires: ({ clients, required }) =>
    clients || ['roles', 'sub', 'oid', 'scp', 'groups', 'wids'].some((claim) => names(required, claim))
      ? []
      : [{ claim: 'roles', anyOf: null }],
}

/** https://cloud.google.com/compute/docs/instances/verifying-instance-identity#payload */
const google: IssuerPreset = {
  id: 'google',
  name: 'Google Cloud',
  issuer: googleIssuer,
  algorithms: ['RS256'],
  idTokens: true,
  nameClaim: 'email',
  owns: (issuer) => issuer === googleIssuer,
  // Every service account of every customer can ask for a token with any audience.
  narrowing: ['email', 'sub', 'hd', 'google.compute_engine.project_id'],
  requires: ({ required }) =>
    names(required, 'email') ? [{ claim: 'email_verified', anyOf: ['true'] }] : [],
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html */
const aws: IssuerPreset = {
  id: 'aws',
  name: 'AWS',
  algorithms: ['RS256', 'ES384'],
  idTokens: true,
  nameClaim: 'sub',
  // The issuer is of one account: who has a token of it is of that account.
  owns: (issuer) => /^https:\/\/[^/]+\.tokens\.sts\.(global|amazonaws)\./.test(issuer),
  narrowing: [],
  requires: nothing,
}

/** Platforms whose workload tokens are known, for the `preset` of an issuer. */
export const issuerPresets: readonly IssuerPreset[] = [kubernetes, githubActions, entra, google, aws]

/** What an operator says of an issuer; what is absent, the platform says or is not asked for. */
export type IssuerWish = Pick<TrustedIssuer, 'id' | 'audiences'> &
  Partial<Omit<TrustedIssuer, 'id' | 'audiences'>> & { preset?: string | undefined }

/**
 * The whole settings of an issuer. Throws an Error, whose sentence follows the issuer's place in the configuration, where they
 * are not safe: no issuer, no audience, or a platform whose every customer could come.
 */
export function completeIssuer({ preset: wanted, ...wish }: IssuerWish): TrustedIssuer {
  const platform = issuerPresets.find(({ owns }) => wish.issuer !== undefined && owns(wish.issuer))
  const preset = wanted === undefined ? platform : issuerPresets.find(({ id }) => id === wanted)
  const issuer = wish.issuer ?? preset?.issuer
  if (!issuer) throw new Error('needs an issuer')
  // T27: without one, every token of the issuer would be taken.
  if (wish.audiences.length === 0) throw new Error('needs an audience')
  const clients = wish.clients ?? null
  const required = wish.required ?? []
  // What is true of a platform is true also where the operator calls it by another name.
  const both = [...new Set([preset, platform])].filter((each) => each !== undefined)
  for (const { name, narrowing } of both)
    if (narrowing.length > 0 && !narrowing.some((claim) => names(required, claim)))
      throw new Error(
        `lets everybody in who has an account with ${name}: name who is meant in required_claims, by one of ${narrowing.join(', ')}`,
      )
  return {
    ...wish,
    issuer,
    name: wish.name ?? preset?.name ?? wish.id,
    algorithms: wish.algorithms ?? preset?.algorithms ?? asymmetricAlgorithms,
    clients,
    idTokens: wish.idTokens ?? preset?.idTokens ?? false,
    required: [...required, ...both.flatMap(({ requires }) => requires({ clients, required }))],
    nameClaim: wish.nameClaim ?? preset?.nameClaim,
    admins: wish.admins ?? [],
    models: wish.models ?? null,
    introspection: wish.introspection ?? null,
  }
}
