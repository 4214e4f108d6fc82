import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { type OpenIdIssuer, type RunningServer, startOpenIdIssuer, startServer } from '@gatehouse/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FullHouse, fullHouseMissing, openFullHouse, settled } from './full-house.js'

const missing = fullHouseMissing()
const run = promisify(execFile)

describe.skipIf(missing !== undefined)(
  `the snippets for machines${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    let issuer: OpenIdIssuer
    let tokenEndpoint: RunningServer
    let house: FullHouse
    let folder: string

    beforeAll(async () => {
      issuer = await startOpenIdIssuer()
      // Client credentials (RFC 6749 section 4.4), the client's own by form or by header.
      tokenEndpoint = await startServer(async (request, response) => {
        let form = ''
        for await (const piece of request) form += piece
        const fields = new URLSearchParams(form)
        const basic = Buffer.from((request.headers.authorization ?? '').replace('Basic ', ''), 'base64')
        const client = basic.toString() || `${fields.get('client_id')}:${fields.get('client_secret')}`
        const good = client === 'my-service:s3cret' && fields.get('grant_type') === 'client_credentials'
        const claims = { sub: 'service-1', azp: 'my-service', aud: 'gatehouse-api', email: undefined }
        response.writeHead(good ? 200 : 401, { 'content-type': 'application/json' })
        response.end(
          JSON.stringify(
            good
              ? { access_token: issuer.mint({ claims }), token_type: 'Bearer', expires_in: 300 }
              : { error: 'invalid_client' },
          ),
        )
      })
      issuer.document = { token_endpoint: `${tokenEndpoint.url}/token` }
      house = await openFullHouse({
        empty: true,
        environment: {
          OIDC_ISSUER_URL: issuer.issuer,
          OIDC_AUDIENCE: 'gatehouse-api',
          OIDC_DISPLAY_NAME: 'Platform',
        },
      })
      mkdirSync(resolve('node_modules/.cache'), { recursive: true })
      folder = mkdtempSync(resolve('node_modules/.cache/snippets-'))
    })
    afterAll(async () => {
      await house?.close()
      await Promise.all([issuer?.close(), tokenEndpoint?.close()])
      rmSync(folder, { recursive: true, force: true })
    })

    it('run as they are copied, with the client alone in the environment', { timeout: 90_000 }, async () => {
      const page = await house.visit({ email: 'operator@example.com' })
      await settled(page)
      const languages = page.getByRole('tablist', { name: 'Language of the snippets for machines' })
      const take = async (name: string) => {
        await languages.getByRole('tab', { name }).click()
        await page.getByRole('button', { name: `Copy: Snippet for machines: ${name}` }).click()
        await expect.poll(() => page.evaluate('navigator.clipboard.readText()')).not.toBe('')
        const text = (await page.evaluate('navigator.clipboard.readText()')) as string
        await page.evaluate(`navigator.clipboard.writeText('')`)
        return text
      }
      const env = {
        PATH: process.env.PATH,
        SERVICE_ACCOUNT_CLIENT_ID: 'my-service',
        SERVICE_ACCOUNT_CLIENT_SECRET: 's3cret',
      }
      const shell = await run('bash', ['-c', await take('Shell')], { env })
      expect(JSON.parse(shell.stdout)).toMatchObject({ object: 'chat.completion' })
      const file = join(folder, 'machine.mjs')
      writeFileSync(file, await take('TypeScript'))
      const { stdout } = await run(process.execPath, [file], { env })
      expect(stdout.trim()).not.toBe('')
    })
  },
)
