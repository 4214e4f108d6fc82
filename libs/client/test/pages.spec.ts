import { execFile, execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { defaultText, type RunningServer, type StandIn, startOpenAi, startServer } from '@gatehouse/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTokenEndpoint, type TokenEndpoint } from './stand-ins.js'

/** The programs of a page, each under the heading that it stands below. */
function programsOf(page: string): [heading: string, code: string][] {
  const text = readFileSync(resolve(page), 'utf8')
  return text.split(/^## /m).flatMap((part): [string, string][] => {
    const [heading = ''] = part.split('\n')
    return [...part.matchAll(/^```ts\n([\s\S]+?)^```$/gm)].map(([, code = '']) => [heading, code])
  })
}

const programs = ['libs/client/README.md', 'docs/how-to/typescript.md'].flatMap((page) =>
  programsOf(page).map(([heading, code]): [string, string, string] => [page, heading, code]),
)
/** Which of them get their token elsewhere than from the token endpoint. */
const others: Record<string, string> = { Kubernetes: 'token-of-the-file', Azure: 'token-of-the-platform' }

describe('the programs of the pages', () => {
  let folder: string
  let endpoint: TokenEndpoint
  let gateway: StandIn
  let platform: RunningServer
  let environment: Record<string, string>

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pages-'))
    endpoint = await startTokenEndpoint()
    gateway = await startOpenAi()
    platform = await startServer((_, response) => {
      const expires = String(Math.floor(Date.now() / 1000) + 3600)
      const answer = { access_token: others.Azure, expires_on: expires, resource: 'r', token_type: 'Bearer' }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })
    writeFileSync(join(folder, 'token'), others.Kubernetes ?? '')
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    writeFileSync(join(folder, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
    environment = {
      GATEWAY_API_URL: `${gateway.url}/v1`,
      OIDC_TOKEN_URL: endpoint.url,
      SERVICE_ACCOUNT_CLIENT_ID: endpoint.clientId,
      SERVICE_ACCOUNT_CLIENT_SECRET: endpoint.clientSecret,
      SERVICE_ACCOUNT_KEY_FILE: join(folder, 'key.pem'),
      GATEWAY_TOKEN_FILE: join(folder, 'token'),
      IDENTITY_ENDPOINT: `${platform.url}/msi/token`,
      IDENTITY_HEADER: 'header-of-the-platform',
    }
  })
  afterAll(async () => {
    await Promise.all([endpoint.close(), gateway.close(), platform.close()])
    rmSync(folder, { recursive: true })
  })
  beforeEach(() => {
    gateway.requests.length = 0
    endpoint.issued.length = 0
  })

  it.each(programs)(
    '%s, "%s": gets a token, calls the gateway with it and prints the answer',
    async (_, heading, code) => {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--input-type=module-typescript', '--eval', code],
        { timeout: 60_000, env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment } },
      )
      expect(stdout).toContain(defaultText)
      const own = others[heading]
      expect(endpoint.issued).toEqual(own === undefined ? ['token-1'] : [])
      const tokens = new Set(gateway.requests.map(({ headers }) => headers.authorization))
      expect(tokens).toEqual(new Set([`Bearer ${own ?? 'token-1'}`]))
    },
    90_000,
  )

  it('are there for each of the clients', () => {
    expect(programs.map(([, heading]) => heading)).toEqual(
      expect.arrayContaining(["OpenAI's client", 'AI SDK', 'LangChain', 'Kubernetes', 'Azure']),
    )
  })

  it('all have the right types, as a program of either kind of module that checks ours as well', () => {
    // Below node_modules, so that every package is found, and every program is for the compiler a file of its own.
    const place = resolve('node_modules/.cache/client-kit-programs')
    rmSync(place, { recursive: true, force: true })
    mkdirSync(place, { recursive: true })
    const compile = (name: string, code: string, options: object) => {
      writeFileSync(join(place, name), code)
      const project = join(place, `tsconfig.${name}.json`)
      const compilerOptions = { strict: true, noEmit: true, target: 'es2023', module: 'nodenext', ...options }
      writeFileSync(project, JSON.stringify({ compilerOptions, files: [name] }))
      execFileSync(process.execPath, [resolve('node_modules/typescript-7/bin/tsc'), '--project', project])
    }
    const check = (name: string, code: string, options: object) => {
      try {
        compile(name, code, options)
      } catch (error) {
        expect.fail(`${name}:\n${(error as { stdout?: Buffer }).stdout}`)
      }
    }
    const wrapped = programs.map(([, , code], index) => {
      const imports = code.match(/^import .+$/gm) ?? []
      return {
        imports,
        body: `async function program${index}() {\n${code.replaceAll(/^import .+$/gm, '')}\n}\nvoid program${index}`,
      }
    })
    const imports = [...new Set(wrapped.flatMap((program) => program.imports.flatMap(named)))]
    const all = `${imports.join('\n')}\n${wrapped.map(({ body }) => body).join('\n')}`
    check('programs.mts', all, { skipLibCheck: true, types: ['node'] })
    const use = `const response: Promise<Response> = fromEnv({ scope: 's' }).fetch('https://gatehouse.test')
      // @ts-expect-error the kit's types are there, and say no
      new ProxyAuthHandler({ scope: 1 })\nvoid response`
    const load = "import { fromEnv, ProxyAuthHandler } from '@gatehouse/client'"
    check('module.mts', `${load}\n${use}`, { types: ['node'] })
    check('browser.mts', `${load}\n${use}`, { types: [], lib: ['es2022', 'dom'] })
    check(
      'common.cts',
      `import kit = require('@gatehouse/client')\nconst { fromEnv, ProxyAuthHandler } = kit\n${use}`,
      {
        types: ['node'],
      },
    )
    rmSync(place, { recursive: true })
  }, 120_000)
})

/** `import { a, b } from 'c'` as one import for each name, so that several programs share a file. */
function named(line: string): string[] {
  const [, names, from] = /^import \{ (.+) \} from (.+)$/.exec(line) ?? []
  return names ? names.split(', ').map((name) => `import { ${name} } from ${from}`) : [line]
}
