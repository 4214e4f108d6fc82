import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig, localAdmin } from './config.js'

describe('the configuration of a gateway', () => {
  let dataDir: string
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-'))
  })
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

  it('makes the secret of development once, and anew where a crash left it empty or cut', () => {
    const file = join(dataDir, 'jwt-secret')
    const { jwtSecret: first } = loadConfig({ DATA_DIR: dataDir })
    expect(Buffer.byteLength(first)).toBeGreaterThanOrEqual(32)
    expect(loadConfig({ DATA_DIR: dataDir }).jwtSecret).toBe(first)
    for (const left of ['', first.slice(0, 31), '\n'.repeat(64)]) {
      writeFileSync(file, left)
      const { jwtSecret } = loadConfig({ DATA_DIR: dataDir })
      expect(Buffer.byteLength(jwtSecret)).toBeGreaterThanOrEqual(32)
      expect(readFileSync(file, 'utf8')).toBe(jwtSecret)
    }
    expect(statSync(file).mode & 0o077).toBe(0)
    expect(readdirSync(dataDir)).toEqual(['jwt-secret'])
  })

  it('names the variable of a folder that cannot be had', () => {
    const file = join(dataDir, 'a-file')
    writeFileSync(file, '')
    // Where there is a /proc, it says ENOENT for ever, as no other place does.
    for (const path of [
      file,
      join(file, 'below'),
      ...(existsSync('/proc/self') ? ['/proc/gatehouse'] : []),
    ]) {
      expect(() => loadConfig({ DATA_DIR: path })).toThrow(/^DATA_DIR: .*cannot be written to/)
      expect(() => loadConfig({ DATA_DIR: dataDir, LOG_DIR: path })).toThrow(
        /^LOG_DIR: .*cannot be written to/,
      )
    }
  })

  it('T17: goes without sign-in on this machine alone, and never in production', () => {
    const load = (environment: Record<string, string>) =>
      loadConfig({ DATA_DIR: dataDir, ENABLE_AUTH: 'false', ...environment })
    expect(load({})).toMatchObject({ enableAuth: false, localSignIn: false, host: '127.0.0.1' })
    expect(loadConfig({ DATA_DIR: dataDir })).toMatchObject({ enableAuth: true, localSignIn: true })
    const production = {
      NODE_ENV: 'production',
      JWT_SECRET: 'x8Qn2vLr7TzKp4Yw9JdHs6FgBc3MaEu1RiOo',
      PUBLIC_URL: 'http://localhost:8000',
    }
    const wrong: [environment: Record<string, string>, says: RegExp][] = [
      [production, /in production/],
      [{ ...production, HOST: '127.0.0.1' }, /in production/],
      [{ HOST: '0.0.0.0' }, /HOST is 0\.0\.0\.0/],
      [{ HOST: '::' }, /HOST is ::/],
      [{ HOST: '192.168.1.5' }, /HOST/],
      [{ PUBLIC_URL: 'https://gatehouse.example.com' }, /PUBLIC_URL/],
      [{ TRUST_PROXY: '127.0.0.1' }, /TRUST_PROXY/],
      [{ ENABLE_AUTH: 'no' }, /true or false/],
    ]
    for (const [environment, says] of wrong) {
      expect(() => load(environment), JSON.stringify(environment)).toThrow(/^ENABLE_AUTH: /)
      expect(() => load(environment), JSON.stringify(environment)).toThrow(says)
    }
  })

  it('warns in production of addresses that are http or lie in a private network, and of no others', () => {
    const warnings = (address: string, NODE_ENV = 'production') =>
      loadConfig({
        NODE_ENV,
        DATA_DIR: dataDir,
        PUBLIC_URL: 'https://gatehouse.example.com',
        JWT_SECRET: 'x8Qn2vLr7TzKp4Yw9JdHs6FgBc3MaEu1RiOo',
        DATABASE_URL: 'postgres://user:password@localhost/gatehouse',
        OPENAI_API_KEY: 'sk-1',
        OPENAI_BASE_URL: address,
      }).warnings
    for (const host of [
      '10.1.2.3',
      '0x0a.1.2.3',
      '172.31.0.1:8443',
      '192.168.0.1',
      '169.254.169.254',
      '100.64.0.1',
      '[fd00::1]',
      '[fe80::1]',
      '[::ffff:10.1.2.3]',
    ]) {
      expect(warnings(`https://${host}/v1`), host).toEqual([
        'OPENAI_BASE_URL is an address of a private network.',
      ])
    }
    expect(warnings('http://10.1.2.3/v1')).toHaveLength(2)
    expect(warnings('http://models.example.com/v1')).toEqual([expect.stringContaining('http address')])
    for (const address of [
      'https://api.openai.com/v1',
      'https://11.1.2.3/v1',
      'https://172.32.0.1/v1',
      'https://[2001:db8::1]/v1',
      'http://127.0.0.1:9999/v1',
    ]) {
      expect(warnings(address), address).toEqual([])
    }
    expect(warnings('http://10.1.2.3/v1', 'development')).toEqual([])
  })

  describe('tells what is set and does nothing', () => {
    const warnings = (
      environment: Record<string, string>,
      unreadableLines: number[] = [],
      inFile: string[] = [],
    ) => loadConfig({ DATA_DIR: dataDir, ...environment }, { inFile, unreadableLines }).warnings

    it.each<[given: Record<string, string>, says: RegExp[]]>([
      [{}, []],
      [{ GITHUB_CLIENT_ID: 'id' }, [/^GITHUB_CLIENT_ID is set without GITHUB_CLIENT_SECRET: nobody.*GitHub/]],
      [{ GITHUB_CLIENT_ID: 'id', GITHUB_CLIENT_SECRET: 'of-github' }, []],
      [{ GOOGLE_CLIENT_SECRET: 'of-google' }, [/^GOOGLE_CLIENT_SECRET is set without GOOGLE_CLIENT_ID: /]],
      [{ GOOGLE_CLIENT_ID: 'id' }, []],
      [{ MICROSOFT_TENANT_ID: 'common' }, [/^MICROSOFT_TENANT_ID is set without MICROSOFT_CLIENT_ID: /]],
      [{ OIDC_CLIENT_ID: 'id' }, [/^OIDC_CLIENT_ID is set without OIDC_ISSUER_URL: /]],
      [
        { OPENAI_BASE_URL: 'https://x.example/v1' },
        [/^OPENAI_BASE_URL is set without OPENAI_API_KEY: OpenAI/],
      ],
      [{ OPENAI_API_KEY: 'sk-1', OPENAI_BASE_URL: 'https://x.example/v1' }, []],
      [
        { OPENAI_IDENTITY_TOKEN_FILE: '/f', OPENAI_SERVICE_ACCOUNT_ID: 'sa', OPENAI_API_KEY: 'sk-1' },
        [/are set without OPENAI_IDENTITY_PROVIDER_ID: OpenAI is not turned on by that\.$/],
      ],
      [{ OPENROUTER_IDENTITY_TOKEN_FILE: '/f', OPENROUTER_FEDERATION_POLICY_ID: 'p' }, []],
      [
        {
          OPENROUTER_IDENTITY_TOKEN_FILE: '/f',
          OPENROUTER_FEDERATION_POLICY_ID: 'p',
          OPENROUTER_API_KEY: 'sk-1',
        },
        [
          /^OPENROUTER_API_KEY is set, and nothing uses it: OpenRouter is reached by OPENROUTER_IDENTITY_TOKEN_FILE\./,
        ],
      ],
      [{ AZURE_OPENAI_API_KEY: 'k' }, [/^AZURE_OPENAI_API_KEY is set without AZURE_OPENAI_ENDPOINT: /]],
      [
        { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'AKIA' },
        [/^AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY: /],
      ],
      // A pod or a shell has these by itself.
      [{ AWS_PROFILE: 'work' }, []],
      [{ AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'c', AZURE_FEDERATED_TOKEN_FILE: '/f' }, []],
      [{ REDIS_URL: 'redis://h' }, [/^REDIS_URL is set, and nothing uses it yet/]],
      [{ OPENAI_API_KEYS: 'sk-1' }, [/^OPENAI_API_KEYS is unknown\. Is OPENAI_API_KEY meant\?$/]],
      [{ HOME: '/root', NODE_OPTIONS: '', SOMETHING_ELSE: 'x' }, []],
    ])('%j', (given, says) => {
      expect(warnings(given)).toEqual(says.map((pattern) => expect.stringMatching(pattern)))
    })

    it('in .env: every unknown name, and the lines that cannot be read', () => {
      const given = { SOMETHING_ELSE: 'hunter2', AWS_ROLE_ARN: 'arn', POSTGRES_PASSWORD: 'hunter2' }
      expect(warnings(given, [3, 7], Object.keys(given))).toEqual([
        '.env line 3 sets nothing. Write NAME=value, or # before a comment.',
        '.env line 7 sets nothing. Write NAME=value, or # before a comment.',
        'SOMETHING_ELSE in .env is unknown, and nothing uses it.',
      ])
    })
  })

  it('refuses admins who are no addresses, and takes the one of development', () => {
    expect(() => loadConfig({ DATA_DIR: dataDir, ADMIN_EMAILS: 'a@example.com, notanemail' })).toThrow(
      /^ADMIN_EMAILS: must be a comma list of e-mail addresses/,
    )
    expect(loadConfig({ DATA_DIR: dataDir, ADMIN_EMAILS: 'Admin@localhost' }).adminEmails).toEqual([
      localAdmin,
    ])
    expect(() => loadConfig({ DATA_DIR: dataDir, ALLOWED_EMAIL_DOMAINS: 'https://example.com' })).toThrow(
      /^ALLOWED_EMAIL_DOMAINS: must be a comma list of domains/,
    )
  })

  describe('the issuer of the variables', () => {
    const issuer = 'https://keycloak.example.com/realms/main'
    const load = (environment: Record<string, string>) => loadConfig({ DATA_DIR: dataDir, ...environment })

    it('is trusted for OIDC_AUDIENCE, or the client, and asked about opaque tokens where there is a secret', () => {
      expect(load({}).issuers).toEqual([])
      expect(load({ OIDC_ISSUER_URL: issuer, OIDC_CLIENT_ID: 'gatehouse' })).toMatchObject({
        issuers: [{ id: 'oidc', issuer, audiences: ['gatehouse'], clients: null, introspection: null }],
        warnings: [],
      })
      const [whole] = load({
        OIDC_ISSUER_URL: issuer,
        OIDC_CLIENT_ID: 'gatehouse',
        OIDC_CLIENT_SECRET: 'of-keycloak',
        OIDC_AUDIENCE: 'api',
      }).issuers
      expect(whole).toMatchObject({ audiences: ['api'], introspection: { clientId: 'gatehouse' } })
      const aliased = load({
        AUTH_OIDC_ISSUER: issuer,
        AUTH_OIDC_CLIENT_ID: 'gatehouse',
        AUTH_OIDC_CLIENT_SECRET: 'of-keycloak',
        AUTH_OIDC_AUDIENCE: 'api',
      })
      expect(aliased.issuers).toEqual([whole])
    })

    it('T27: without an audience stops the start', () => {
      for (const name of ['OIDC_ISSUER_URL', 'AUTH_OIDC_ISSUER'])
        expect(() => load({ [name]: issuer })).toThrow(/^OIDC_AUDIENCE: is missing/)
    })

    it('that all the world has an account with stops the start, unless people alone sign in by it', () => {
      const google = { OIDC_ISSUER_URL: 'https://accounts.google.com', OIDC_CLIENT_ID: 'gatehouse' }
      expect(() => load(google)).toThrow(/^OIDC_ISSUER_URL: lets everybody in.*gatehouse\.yaml/)
      expect(load({ ...google, OIDC_SIGN_IN: 'true' }).issuers).toEqual([])
      expect(() => load({ ...google, OIDC_SIGN_IN: 'true', OIDC_AUDIENCE: 'api' })).toThrow(/everybody/)
    })

    it('T28: whose audience is the client that people sign in by is warned of', () => {
      const given = { OIDC_ISSUER_URL: issuer, OIDC_CLIENT_ID: 'gatehouse', OIDC_SIGN_IN: 'true' }
      expect(load({ ...given, OIDC_AUDIENCE: 'api' }).warnings).toEqual([])
      expect(load({ ...given, OIDC_AUDIENCE: 'gatehouse' }).warnings).toEqual([
        expect.stringMatching(/tokens of machines are refused/),
      ])
    })

    it('stands before those of the file, which it leaves the opaque tokens to', () => {
      const path = join(dataDir, 'gatehouse.yaml')
      writeFileSync(
        path,
        'issuers: [{id: a, issuer: "http://10.1.2.3", audiences: [x], introspection: {client_id: c, client_secret: s}}]',
      )
      const given = {
        OIDC_ISSUER_URL: issuer,
        OIDC_CLIENT_ID: 'gatehouse',
        OIDC_CLIENT_SECRET: 'of-keycloak',
      }
      const { issuers } = load({ ...given, GATEHOUSE_CONFIG: path })
      expect(issuers.map(({ id, introspection }) => [id, introspection?.clientId])).toEqual([
        ['oidc', undefined],
        ['a', 'c'],
      ])
      const { warnings } = load({
        GATEHOUSE_CONFIG: path,
        NODE_ENV: 'production',
        DATABASE_URL: 'postgres://u:p@h/d',
        PUBLIC_URL: 'https://gatehouse.example.com',
        JWT_SECRET: 'x8Qn2vLr7TzKp4Yw9JdHs6FgBc3MaEu1RiOo',
      })
      expect(warnings).toEqual([
        'address of issuer a is an http address: what goes there can be read on the way.',
        'address of issuer a is an address of a private network.',
      ])
    })
  })

  it('warns in production of the embedded database, and in development not', () => {
    const production = {
      NODE_ENV: 'production',
      DATA_DIR: dataDir,
      PUBLIC_URL: 'https://gatehouse.example.com',
      JWT_SECRET: 'x8Qn2vLr7TzKp4Yw9JdHs6FgBc3MaEu1RiOo',
    }
    expect(loadConfig(production).warnings).toEqual([
      expect.stringContaining(`DATABASE_URL is not set: accounts`),
    ])
    expect(loadConfig({ ...production, DATABASE_URL: 'postgres://u:p@h/d' }).warnings).toEqual([])
  })
})
