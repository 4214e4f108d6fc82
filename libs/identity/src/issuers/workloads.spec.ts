import type { AppError } from '@gatehouse/contracts'
import { createSigningKey, type OpenIdIssuer, signCompact, startOpenIdIssuer } from '@gatehouse/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { completeIssuer, type IssuerWish } from './presets.js'
import { createTrustedIssuers } from './trusted-issuers.js'

const audience = 'https://gatehouse.example.com'
const tenant = 'aaaabbbb-0000-cccc-1111-dddd2222eeee'

/**
 * Tokens as the platforms make them, by their documentation (named at each preset), signed by a stand-in; `iss` alone is that
 * of the platform, so that the stand-in is asked for the keys by the settings that an operator has for it.
 */
describe('workload tokens', () => {
  let server: OpenIdIssuer
  beforeAll(async () => {
    server = await startOpenIdIssuer()
  })
  afterAll(() => server.close())

  const at = () => Math.floor(Date.now() / 1000)
  const times = (seconds: number) => ({ iat: at(), nbf: at(), exp: at() + seconds })

  const verify = async (
    wish: Partial<IssuerWish>,
    header: Record<string, unknown>,
    claims: object,
    key = server.key(),
  ) => {
    const trusted = completeIssuer({
      id: 'it',
      audiences: [audience],
      keysAddress: `${server.origin}/jwks`,
      ...wish,
    })
    const issuers = createTrustedIssuers({ issuers: [trusted], fetch, signInAudiences: new Set(['people']) })
    const token = signCompact({ ...header, kid: key.kid }, claims, key.privateKey, key.alg)
    return issuers.verify(token)
  }
  const statusOf = (...given: Parameters<typeof verify>) =>
    verify(...given).then(
      () => 200,
      (error: AppError) => error.status,
    )

  describe('Kubernetes: a projected service account token', () => {
    const iss = 'https://kubernetes.default.svc.cluster.local'
    // No typ in its header.
    const header = { alg: 'RS256' }
    const claims = () => ({
      aud: [audience],
      ...times(3600),
      iss,
      jti: 'aed34954-b33a-4142-b1ec-389d6bbb4936',
      'kubernetes.io': {
        namespace: 'jobs',
        node: { name: 'node-1', uid: '646e7c5e-32d6-4d42-9dbd-e504e6cbe6b1' },
        pod: { name: 'batch-0', uid: '5e0bd49b-f040-43b0-99b7-22765a53f7f3' },
        serviceaccount: { name: 'batch', uid: '14ee3fa4-a7e2-420f-9f9a-dbc4507c3798' },
        warnafter: at() + 3607,
      },
      sub: 'system:serviceaccount:jobs:batch',
    })
    const wish: Partial<IssuerWish> = {
      preset: 'kubernetes',
      issuer: iss,
      required: [
        { claim: 'kubernetes.io.namespace', anyOf: ['jobs'] },
        { claim: 'kubernetes.io.serviceaccount.name', anyOf: ['batch', 'nightly'] },
      ],
    }

    it('is the service account of its namespace', async () => {
      expect(await verify(wish, header, claims())).toMatchObject({
        subject: 'system:serviceaccount:jobs:batch',
        name: 'batch',
        clientId: null,
        roles: ['member'],
      })
    })

    it('of another namespace or for another audience is refused, and so is one that never ends', async () => {
      const other = claims()
      other['kubernetes.io'].namespace = 'kube-system'
      expect(await statusOf(wish, header, other)).toBe(403)
      expect(await statusOf(wish, header, { ...claims(), aud: [iss] })).toBe(401)
      // As in a secret of a cluster from before 1.24.
      const { exp: _exp, aud: _aud, ...legacy } = claims()
      expect(await statusOf(wish, header, legacy)).toBe(401)
    })

    it('of a cluster that shows its keys to its own alone is verified with a token for them, which goes nowhere else', async () => {
      const seen: [url: string, authorization: string | null][] = []
      const listening: typeof fetch = (input, init) => {
        seen.push([String(input), new Headers(init?.headers).get('authorization')])
        return fetch(input, init)
      }
      const make = (settings: Partial<IssuerWish>) =>
        createTrustedIssuers({
          issuers: [
            completeIssuer({ id: 'it', audiences: [audience], ...wish, issuer: server.issuer, ...settings }),
          ],
          fetch: listening,
          signInAudiences: new Set(),
        })
      const key = server.key()
      const token = signCompact(
        { ...header, kid: key.kid },
        { ...claims(), iss: server.issuer },
        key.privateKey,
      )
      const bearer = async () => 'of-the-pod\n'
      await make({ bearer }).verify(token)
      expect(seen).toEqual([
        [`${server.origin}/.well-known/openid-configuration`, 'Bearer of-the-pod'],
        [`${server.origin}/jwks`, 'Bearer of-the-pod'],
      ])
      seen.length = 0
      const elsewhere = await startOpenIdIssuer()
      server.document = { jwks_uri: `${elsewhere.origin}/jwks` }
      await expect(make({ bearer }).verify(token)).rejects.toThrow('kid')
      expect(seen.filter(([url]) => url.startsWith(elsewhere.origin))).toEqual([
        [`${elsewhere.origin}/jwks`, null],
      ])
      server.document = {}
      await elsewhere.close()
      const lost = async () => Promise.reject(new Error('ENOENT'))
      await expect(make({ bearer: lost }).verify(token)).rejects.toMatchObject({ status: 503 })
    })
  })

  describe('GitHub Actions: the token of a job', () => {
    const iss = 'https://token.actions.githubusercontent.com'
    const header = { typ: 'JWT', alg: 'RS256', x5t: 'hS4q9lwIWw1RsIVYVLJXxpK1pyo' }
    const claims = () => ({
      jti: 'example-id',
      sub: 'repo:acme/app:environment:prod',
      environment: 'prod',
      aud: audience,
      ref: 'refs/heads/main',
      sha: 'a3f1c2d4e5b60718293a4b5c6d7e8f9012345678',
      repository: 'acme/app',
      repository_owner: 'acme',
      actor_id: '12',
      repository_visibility: 'private',
      repository_id: '74',
      repository_owner_id: '65',
      run_id: '8123456789',
      run_number: '10',
      run_attempt: '2',
      runner_environment: 'github-hosted',
      actor: 'ada',
      workflow: 'nightly',
      head_ref: '',
      base_ref: '',
      event_name: 'workflow_dispatch',
      ref_type: 'branch',
      job_workflow_ref: 'acme/automation/.github/workflows/oidc.yml@refs/heads/main',
      iss,
      ...times(300),
    })
    const wish: Partial<IssuerWish> = {
      preset: 'github-actions',
      required: [
        { claim: 'repository', anyOf: ['acme/app'] },
        { claim: 'ref', anyOf: ['refs/heads/main'] },
      ],
    }

    it('is the job of its repository and ref', async () => {
      expect(await verify(wish, header, claims())).toMatchObject({
        issuer: iss,
        subject: 'repo:acme/app:environment:prod',
        name: 'acme/app',
      })
    })

    it('of another repository, or of a branch that anybody may push, is refused', async () => {
      expect(await statusOf(wish, header, { ...claims(), repository: 'evil/app' })).toBe(403)
      expect(await statusOf(wish, header, { ...claims(), ref: 'refs/pull/7/merge' })).toBe(403)
      expect(await statusOf(wish, header, { ...claims(), aud: 'https://github.com/acme' })).toBe(401)
    })

    it('is not trusted of all the world: the start stops, with the preset or without', () => {
      const audiences = [audience]
      for (const wide of [
        { preset: 'github-actions' },
        { issuer: iss },
        { issuer: `${iss}/acme` },
        { issuer: iss, preset: 'kubernetes' },
        // A public workflow can be called from every repository.
        { preset: 'github-actions', required: [{ claim: 'job_workflow_ref', anyOf: ['acme/w@main'] }] },
      ])
        expect(() => completeIssuer({ id: 'it', audiences, ...wide })).toThrow(
          /^lets everybody in who has an account with GitHub Actions: .*repository/,
        )
    })
  })

  describe('Microsoft Entra ID: an app-only token', () => {
    const application = '11112222-bbbb-3333-cccc-4444dddd5555'
    const object = '00aa00aa-bb11-cc22-dd33-44ee44ee44ee'
    const v2 = {
      header: { typ: 'JWT', alg: 'RS256' },
      iss: `https://login.microsoftonline.com/${tenant}/v2.0`,
      claims: () => ({
        aud: audience,
        iss: v2.iss,
        ...times(3599),
        aio: 'k2RgYHjKaffGO8d6j1lTdmZnAgA=',
        azp: application,
        azpacr: '2',
        oid: object,
        rh: '1.AXkAjGrm.',
        roles: ['Llm.Call'],
        sub: object,
        tid: tenant,
        uti: 'Vf0pLdBPVUeLBHwnBd7hAA',
        ver: '2.0',
        xms_ftd: 'x',
      }),
    }
    const v1 = {
      header: { typ: 'JWT', alg: 'RS256', x5t: 'L1KfKFI_jnXbwWc22xZxw1sUHH0' },
      iss: `https://sts.windows.net/${tenant}/`,
      claims: () => ({
        aud: audience,
        iss: v1.iss,
        ...times(3599),
        aio: 'k2RgYHjKaffGO8d6j1lTdmZnAgA=',
        appid: application,
        appidacr: '2',
        idp: `https://sts.windows.net/${tenant}/`,
        oid: object,
        rh: '1.AXkAjGrm.',
        roles: ['Llm.Call'],
        sub: object,
        tid: tenant,
        uti: 'Vf0pLdBPVUeLBHwnBd7hAA',
        ver: '1.0',
      }),
    }

    it.each([
      ['v2', v2],
      ['v1', v1],
    ] as const)('%s is the application of its tenant that has a role here', async (_version, form) => {
      const wish: Partial<IssuerWish> = { preset: 'entra', issuer: form.iss }
      expect(await verify(wish, form.header, form.claims())).toMatchObject({
        issuer: form.iss,
        subject: object,
        clientId: application,
        roles: ['member'],
      })
      const listed = { ...wish, clients: [application], required: [{ claim: 'roles', anyOf: ['Llm.Call'] }] }
      expect(await statusOf(listed, form.header, form.claims())).toBe(200)
    })

    it.each([
      ['v2', v2],
      ['v1', v1],
    ] as const)(
      'T29: %s without a role is refused, though any application of the tenant can have it',
      async (_version, form) => {
        const { roles: _roles, ...without } = form.claims()
        // With the preset, and with the bare address.
        for (const wish of [{ preset: 'entra', issuer: form.iss }, { issuer: form.iss }]) {
          expect(await statusOf(wish, form.header, without)).toBe(403)
          expect(await statusOf(wish, form.header, { ...without, roles: [] })).toBe(403)
        }
        const listed = { issuer: form.iss, clients: ['another'] }
        expect(await statusOf(listed, form.header, form.claims())).toBe(403)
        expect(await statusOf({ ...listed, clients: [application] }, form.header, without)).toBe(200)
      },
    )

    it('T30, T31: of another tenant, or of the other version, is not of this issuer', async () => {
      const wish = { preset: 'entra', issuer: v2.iss }
      const other = v2.iss.replace('aaaa', 'bbbb')
      expect(await statusOf(wish, v2.header, { ...v2.claims(), iss: other })).toBe(401)
      expect(await statusOf(wish, v1.header, v1.claims())).toBe(401)
    })

    it('with more than 200 groups, which Entra leaves out, has what its rules give and no more', async () => {
      const claims = {
        ...v2.claims(),
        _claim_names: { groups: 'src1' },
        _claim_sources: { src1: { endpoint: 'x' } },
      }
      const wish = { issuer: v2.iss, admins: [{ claim: 'groups', value: 'g-1' }] }
      expect(await verify(wish, v2.header, claims)).toMatchObject({ roles: ['member'] })
    })
  })

  describe('Google Cloud: the ID token of a service account', () => {
    const header = { alg: 'RS256', typ: 'JWT' }
    const claims = () => ({
      aud: audience,
      azp: '113774264463038321964',
      email: 'batch@acme.iam.gserviceaccount.com',
      email_verified: true,
      exp: at() + 3600,
      google: {
        compute_engine: {
          instance_creation_timestamp: 1_700_000_000,
          instance_id: '152986662232938449',
          instance_name: 'batch-0',
          project_id: 'acme',
          project_number: 739419398126,
          zone: 'europe-west1-b',
        },
      },
      iat: at(),
      iss: 'https://accounts.google.com',
      sub: '113774264463038321964',
    })
    const email = [{ claim: 'email', anyOf: ['batch@acme.iam.gserviceaccount.com'] }]

    it('is the service account of that address', async () => {
      expect(await verify({ preset: 'google', required: email }, header, claims())).toMatchObject({
        subject: '113774264463038321964',
        name: 'batch@acme.iam.gserviceaccount.com',
      })
      const project = [{ claim: 'google.compute_engine.project_id', anyOf: ['acme'] }]
      expect(await statusOf({ preset: 'google', required: project }, header, claims())).toBe(200)
    })

    it('of another address, or of one that is not verified, is refused', async () => {
      const wish = { preset: 'google', required: email }
      expect(await statusOf(wish, header, { ...claims(), email: 'a@evil.iam.gserviceaccount.com' })).toBe(403)
      for (const verified of [false, undefined, 'yes'])
        expect(await statusOf(wish, header, { ...claims(), email_verified: verified })).toBe(403)
    })

    it('T28: of a person, for the client by which people sign in here, is refused', async () => {
      const wish = { preset: 'google', required: email, audiences: [audience, 'people'] }
      expect(await statusOf(wish, header, { ...claims(), aud: 'people', at_hash: 'h' })).toBe(401)
    })

    it('is not trusted of all the world: the start stops', () => {
      const audiences = [audience]
      for (const wide of [{ preset: 'google' }, { issuer: 'https://accounts.google.com' }])
        expect(() => completeIssuer({ id: 'it', audiences, ...wide })).toThrow(/Google Cloud.*email/)
    })
  })

  describe('AWS: a token by outbound identity federation', () => {
    const iss = 'https://5f0e7c1a-2b3d-4c5e-8f90-112233445566.tokens.sts.global.api.aws'
    const claims = () => ({
      iss,
      aud: audience,
      sub: 'arn:aws:iam::123456789012:role/DataProcessingRole',
      iat: at(),
      exp: at() + 300,
      jti: '7e5c2f3a',
      'https://sts.amazonaws.com/': {
        aws_account: '123456789012',
        source_region: 'eu-central-1',
        org_id: 'o-abc1234567',
        ou_path: ['o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/'],
        principal_tags: { environment: 'production', team: 'data-engineering' },
        lambda_source_function_arn: 'arn:aws:lambda:eu-central-1:123456789012:function:process',
        request_tags: { team: 'admin' },
      },
    })
    const wish: Partial<IssuerWish> = {
      preset: 'aws',
      issuer: iss,
      required: [{ claim: 'https://sts.amazonaws.com/.principal_tags.environment', anyOf: ['production'] }],
      teamClaim: 'https://sts.amazonaws.com/.principal_tags.team',
    }

    it.each(['RS256', 'ES384'] as const)('signed with %s is the role of the account', async (alg) => {
      const key = createSigningKey('aws-key', alg)
      server.jwksText = JSON.stringify({ keys: [key.jwk] })
      expect(await verify(wish, { alg, typ: 'JWT' }, claims(), key)).toMatchObject({
        subject: 'arn:aws:iam::123456789012:role/DataProcessingRole',
        team: 'data-engineering',
      })
      server.jwksText = null
    })

    it('with other tags, or of another account, is refused; tags that the caller chose count for nothing', async () => {
      const other = claims()
      other['https://sts.amazonaws.com/'].principal_tags.environment = 'test'
      Object.assign(other['https://sts.amazonaws.com/'].request_tags, { environment: 'production' })
      expect(await statusOf(wish, { alg: 'RS256', typ: 'JWT' }, other)).toBe(403)
      const elsewhere = { ...claims(), iss: iss.replace('5f0e', '6f0e') }
      expect(await statusOf(wish, { alg: 'RS256', typ: 'JWT' }, elsewhere)).toBe(401)
    })
  })
})
