import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { startTokenEndpoint, startTokenGateway } from './stand-ins.js'

const folder = resolve('libs/client')
interface Manifest {
  dependencies?: unknown
  peerDependenciesMeta: Record<string, { optional: boolean }>
  exports: Record<string, Record<string, Record<string, string>>>
}
const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest

/** The Node that npm runs on, which may be older than the one of the tests. */
const nodes = [...new Set([process.execPath, process.env.npm_node_execpath ?? process.execPath])]

describe('the package as it is published', { timeout: 90_000 }, () => {
  it.each(['esm', 'cjs'])('is at most 10 kB gzipped (%s)', (kind) => {
    const bytes = gzipSync(readFileSync(join(folder, 'dist', kind, 'index.js'))).length
    expect(bytes).toBeLessThanOrEqual(10_000)
    // And is not an empty file.
    expect(bytes).toBeGreaterThan(2_000)
  })

  it('needs no other package', () => {
    expect(manifest.dependencies).toBeUndefined()
    expect(manifest.peerDependenciesMeta['@azure/identity']?.optional).toBe(true)
    for (const kind of ['esm', 'cjs']) {
      const code = readFileSync(join(folder, 'dist', kind, 'index.js'), 'utf8')
      expect(code).not.toMatch(/\brequire\(|^import |\bfrom ["']|\bBuffer\b/m)
    }
  })

  it('has every file that it points to', () => {
    const paths = Object.values(manifest.exports['.'] ?? {}).flatMap((entry) => Object.values(entry))
    expect(paths).toHaveLength(4)
    for (const path of paths) expect(existsSync(join(folder, path)), path).toBe(true)
  })

  const kinds = [
    ['import', 'module', "import { fromEnv } from '@gatehouse/client'"],
    ['require', 'commonjs', "const { fromEnv } = require('@gatehouse/client')"],
  ] as const
  it.each(kinds)(
    'works from the root of the repository by %s, on every Node there is',
    async (_, type, load) => {
      const endpoint = await startTokenEndpoint()
      const gateway = await startTokenGateway()
      gateway.accepts = (token) => token === 'token-2'
      for (const node of nodes) {
        endpoint.issued.length = 0
        const code = `${load}
        const gatehouse = fromEnv()
        gatehouse.fetch(gatehouse.baseURL, { method: 'POST', body: 'x' }).then(async (response) => console.log(await response.text()))`
        const environment = {
          GATEWAY_API_URL: gateway.url,
          OIDC_TOKEN_URL: endpoint.url,
          SERVICE_ACCOUNT_CLIENT_ID: endpoint.clientId,
          SERVICE_ACCOUNT_CLIENT_SECRET: endpoint.clientSecret,
        }
        const arguments_ = [`--input-type=${type}`, '--eval', code]
        const { stdout } = await promisify(execFile)(node, arguments_, { env: environment, timeout: 30_000 })
        expect(stdout, node).toBe('welcome\n')
      }
      expect(gateway.requests).toHaveLength(2 * nodes.length)
      await Promise.all([endpoint.close(), gateway.close()])
    },
  )
})
