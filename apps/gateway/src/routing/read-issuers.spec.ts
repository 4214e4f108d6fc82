import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { completeIssuer, issuerPresets } from '@gatehouse/identity'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { routingSchema } from './file-schema.js'
import { readRouting } from './read-routing.js'

const usual = completeIssuer({ id: 'oidc', issuer: 'https://usual.test', audiences: ['a'] })
const plain = '{id: a, issuer: "https://a.test", audiences: [x]}'

describe('issuers in gatehouse.yaml', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const read = (
    text: string,
    environment: Record<string, string> = {},
    models: Record<string, unknown> = {},
  ) => {
    const path = join(folder, 'routing.yaml')
    writeFileSync(path, text)
    const surroundings = { path, folder: undefined, environment, models, production: true, issuer: usual }
    return readRouting(surroundings)?.issuers ?? []
  }
  const problemOf = (...given: Parameters<typeof read>) => {
    try {
      read(...given)
    } catch (error) {
      return (error as Error).message.replace(join(folder, 'routing.yaml'), 'FILE')
    }
    throw new Error('it was read')
  }

  it('are read with what they say, and with nothing that they do not', () => {
    expect(read('')).toEqual([])
    const [bare] = read(`issuers: [${plain}]`)
    expect(bare).toMatchObject({
      id: 'a',
      name: 'a',
      issuer: 'https://a.test',
      audiences: ['x'],
      clients: null,
      idTokens: false,
      required: [],
      admins: [],
      models: null,
      introspection: null,
    })
    expect(bare?.algorithms).not.toContain('HS256')
    const [whole] = read(
      `
issuers:
  - id: keycloak
    name: The company
    issuer: https://keycloak.example.com/realms/main/
    audiences: [one, two]
    algorithms: [ES256]
    clients: [batch]
    id_tokens: true
    required_claims: {a.b: 1, c: [x, y], d: true}
    name_claim: preferred_username
    team_claim: team
    admins: [{claim: realm_access.roles, value: llm-admin}]
    models:
      - {claim: groups, value: web, models: [groq/*]}
      - models: [openai/gpt-4o]
    introspection: {client_id: gatehouse, client_secret: "\${SECRET}", endpoint: "https://k.example.com/introspect"}
    discovery: http://keycloak:8080/realms/main
    jwks_uri: http://keycloak:8080/certs
`,
      { SECRET: 'of-keycloak' },
    )
    expect(whole).toEqual({
      id: 'keycloak',
      name: 'The company',
      issuer: 'https://keycloak.example.com/realms/main/',
      audiences: ['one', 'two'],
      algorithms: ['ES256'],
      clients: ['batch'],
      idTokens: true,
      required: [
        { claim: 'a.b', anyOf: ['1'] },
        { claim: 'c', anyOf: ['x', 'y'] },
        { claim: 'd', anyOf: ['true'] },
      ],
      nameClaim: 'preferred_username',
      teamClaim: 'team',
      admins: [{ claim: 'realm_access.roles', value: 'llm-admin' }],
      models: [
        { when: { claim: 'groups', value: 'web' }, models: ['groq/*'] },
        { when: null, models: ['openai/gpt-4o'] },
      ],
      introspection: {
        clientId: 'gatehouse',
        clientSecret: 'of-keycloak',
        endpoint: 'https://k.example.com/introspect',
      },
      discovery: 'http://keycloak:8080/realms/main',
      keysAddress: 'http://keycloak:8080/certs',
    })
  })

  it('read the token for a cluster anew each time, from the file that is named', async () => {
    const file = join(folder, 'token')
    const [cluster] = read(
      `issuers: [{id: c, preset: kubernetes, issuer: "https://c.test", audiences: [x], token_file: "${file}"}]`,
    )
    await expect(cluster?.bearer?.()).rejects.toThrow('ENOENT')
    for (const token of ['first', 'second']) {
      writeFileSync(file, token)
      expect(await cluster?.bearer?.()).toBe(token)
    }
  })

  it.each([
    [
      'issuers: [{id: a, issuer: "https://a.test"}]',
      /^GATEHOUSE_CONFIG: FILE:1:\d+: issuers\[0\]\.audiences is missing/,
    ],
    [
      'issuers:\n  - id: a\n    issuer: https://a.test\n    audiences: []\n',
      /FILE:4:\d+: issuers\[0\]\.audiences must have at least one entry/,
    ],
    ['issuers: [{id: a, audiences: [x]}]', /issuers\[0\] needs an issuer/],
    [
      'issuers: [{id: A b, issuer: "https://a.test", audiences: [x]}]',
      /issuers\[0\]\.id must be 1 to 50 small letters/,
    ],
    [
      'issuers: [{id: a, issuer: "file:///x", audiences: [x]}]',
      /issuers\[0\]\.issuer must be an http or https/,
    ],
    [
      'issuers: [{id: a, issuer: "https://u:p@a.test", audiences: [x]}]',
      /issuers\[0\]\.issuer must be an http/,
    ],
    [
      'issuers: [{id: a, issuer: "https://a.test", audiences: [x], algorithms: [HS256]}]',
      /issuers\[0\]\.algorithms\[0\] must be one of RS256/,
    ],
    [
      'issuers: [{id: a, issuer: "https://a.test", audiences: [x], audience: y}]',
      /issuers\[0\]\.audience is not known here\. Known are: id, name/,
    ],
    ['issuers: [{id: a, preset: gitlab, audiences: [x]}]', /issuers\[0\]\.preset must be one of kubernetes/],
    [
      'issuers:\n  - id: gh\n    preset: github-actions\n    audiences: [x]\n',
      /FILE:2:5: issuers\[0\] lets everybody in who has an account with GitHub Actions/,
    ],
    [
      'issuers: [{id: gh, issuer: "https://token.actions.githubusercontent.com", audiences: [x]}]',
      /lets everybody in/,
    ],
    [`issuers: [${plain}, ${plain}]`, /issuers\[1\]\.id is "a", which another issuer has/],
    [
      `issuers: [${plain}, ${plain.replace('id: a', 'id: b')}]`,
      /issuers\[1\]\.issuer is trusted already, as issuer a/,
    ],
    [`issuers: [${plain.replace('id: a', 'id: oidc')}]`, /issuers\[0\]\.id is "oidc"/],
    [
      `issuers: [${plain.replace('a.test', 'usual.test')}]`,
      /issuers\[0\]\.issuer is trusted already, as issuer oidc/,
    ],
    [
      `issuers: [${plain.replace('}', ', models: [{claim: groups, models: [groq/*]}]}')}]`,
      /issuers\[0\]\.models\[0\] must have both claim and value, or neither/,
    ],
    [
      `issuers: [${plain.replace('}', ', models: [{models: ["*"]}]}')}]`,
      /issuers\[0\]\.models\[0\]\.models\[0\] must name models as/,
    ],
    [
      `issuers: [${['a', 'b'].map((id) => `{id: ${id}, issuer: "https://${id}.test", audiences: [x], introspection: {client_id: c, client_secret: s3cr3t}}`).join(', ')}]`,
      /issuers\[1\]\.introspection cannot stand at two issuers/,
    ],
  ])('%s is refused by line and column', (text, problem) => {
    expect(problemOf(text)).toMatch(problem)
    expect(problemOf(text)).not.toContain('s3cr3t')
  })

  const folderOfPages = resolve('docs/how-to')
  /** YAML of a page, without the indentation of the list that it stands in. */
  const blocksOf = (name: string) =>
    [...readFileSync(join(folderOfPages, name), 'utf8').matchAll(/^( *)```yaml\n(.*?)^\1```$/gms)]
      .map(([, indentation = '', text = '']) => text.replaceAll(new RegExp(`^${indentation}`, 'gm'), ''))
      .filter((text) => /^(issuers|models|connections):/m.test(text))
  const pages = readdirSync(folderOfPages).filter((name) => blocksOf(name).length > 0)

  it('are told of in the pages that tell how, for every platform that has a preset', () => {
    expect(pages).toEqual(
      expect.arrayContaining(['auth0.md', 'entra-id.md', 'google.md', 'okta.md', 'replace-a-key.md']),
    )
    const presets = blocksOf('workload-tokens.md').flatMap((text) => read(text).map(({ name }) => name))
    expect(presets.sort()).toEqual(issuerPresets.map(({ name }) => name).sort())
  })

  it.each(pages)('are right in %s', (name) => {
    const blocks = blocksOf(name)
    // Without keys, as the pages have it.
    const models = { AZURE_OPENAI_ENDPOINT: 'https://a.openai.azure.com', AWS_REGION: 'eu-central-1' }
    const issuers = blocks.flatMap((text) => read(text, {}, models))
    const written = readFileSync(join(folderOfPages, name), 'utf8').match(/^ *- id: /gm) ?? []
    expect(issuers).toHaveLength(written.length)
  })

  it('are in the schema that editors read', () => {
    const { properties } = routingSchema() as {
      properties: Record<string, { items?: { required?: string[] } }>
    }
    expect(properties.issuers?.items?.required).toEqual(['id', 'audiences'])
  })
})
