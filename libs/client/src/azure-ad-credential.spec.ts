import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ClientSecretCredential } from '@azure/identity'
import { startServer, startTypeScript } from '@gatehouse/testing'
import { describe, expect, it } from 'vitest'
import { AzureADCredential } from './azure-ad-credential.js'
import { ProxyAuthHandler } from './proxy-auth-handler.js'

const scope = 'api://gatehouse/.default'

describe('a credential of Microsoft Entra ID', { timeout: 90_000 }, () => {
  it("takes any of Azure's own", async () => {
    // The platform's types say that it fits; a subclass keeps it from the network.
    class Fixed extends ClientSecretCredential {
      override getToken = async (scopes: string | string[]) => ({
        token: `for-${scopes}`,
        expiresOnTimestamp: Date.now() + 3_600_000,
      })
    }
    const credential = new AzureADCredential({ credential: new Fixed('tenant', 'client', 'secret') })
    const handler = new ProxyAuthHandler({ credential, scope })
    expect((await handler.getToken()).token).toBe(`for-${scope}`)
  })

  it('is the default chain of @azure/identity otherwise: here, the managed identity of an app service', async () => {
    const asked: string[] = []
    const service = await startServer((request, response) => {
      asked.push(`${request.headers['x-identity-header']} ${request.url}`)
      const expires = Math.floor(Date.now() / 1000) + 3600
      const answer = {
        access_token: 'managed',
        expires_on: String(expires),
        resource: 'r',
        token_type: 'Bearer',
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })
    const program = startTypeScript(
      `import { AzureADCredential, ProxyAuthHandler } from '@gatehouse/client'
       const handler = new ProxyAuthHandler({ credential: new AzureADCredential(), scope: '${scope}' })
       console.log('token', (await handler.getToken()).token)
       process.exit(0)`,
      { IDENTITY_ENDPOINT: `${service.url}/msi/token`, IDENTITY_HEADER: 'header-of-the-platform' },
    )
    expect(await program.line('token')).toBe('token managed')
    expect(asked[0]).toMatch(/^header-of-the-platform \/msi\/token\?.*resource=api%3A%2F%2Fgatehouse/)
    await program.end()
    await service.close()
  })

  it('says what to install where @azure/identity is absent', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kit-'))
    const place = join(folder, 'node_modules/@gatehouse/client')
    mkdirSync(place, { recursive: true })
    for (const part of ['package.json', 'dist'])
      cpSync(resolve('libs/client', part), join(place, part), { recursive: true })
    const code = (load: string) =>
      `${load}; new AzureADCredential().getToken('s').catch((error) => console.log(error.code, error.message))`
    for (const [type, load] of [
      ['module', "import { AzureADCredential } from '@gatehouse/client'"],
      ['commonjs', "const { AzureADCredential } = require('@gatehouse/client')"],
    ] as const) {
      const args = [`--input-type=${type}`, '--eval', code(load)]
      expect(execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })).toBe(
        'missing_package @azure/identity is required for AzureADCredential. Install it with: npm install @azure/identity\n',
      )
    }
    rmSync(folder, { recursive: true })
  })
})
