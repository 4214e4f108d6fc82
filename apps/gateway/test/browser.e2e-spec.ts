import { chromiumMissing, chromiumPath } from '@gatehouse/testing'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type InnerGateway, startGateway } from './harness.js'

const missing = chromiumMissing()

describe.skipIf(missing !== undefined)(`in a real browser${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let gateway: InnerGateway
  let browser: Browser
  let page: Page
  const complaints: string[] = []

  beforeAll(async () => {
    gateway = await startGateway()
    browser = await chromium.launch({ executablePath: chromiumPath() ?? '', args: ['--no-sandbox'] })
    page = await browser.newPage()
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
  })
  afterAll(async () => {
    await browser?.close()
    await gateway?.close()
  })

  it('a newcomer signs in by the local page, is known, and signs out again', async () => {
    await page.goto(gateway.url)
    await page.getByRole('link', { name: 'Sign in with Local' }).click()
    await page.getByLabel('Or as any other e-mail address').fill('ada@example.com')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByText('You are signed in as Ada').waitFor()
    expect(await page.evaluate('document.cookie')).toBe('')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('link', { name: 'Sign in with Local' }).waitFor()
  })

  it('who cancels is told so on our page', async () => {
    await page.goto(`${gateway.url}/auth/local/start`)
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('alert').waitFor()
    expect(new URL(page.url()).pathname).toBe('/')
  })

  it('Swagger UI loads under our policy, takes a token by Authorize and calls a model with it', async () => {
    const token = (await gateway.gateway.localToken()) ?? ''
    await page.goto(`${gateway.url}/docs`)
    await page.getByRole('button', { name: 'Authorize' }).first().click()
    await page.locator('#auth-bearer-value').fill(token)
    await page.locator('.modal-ux').getByRole('button', { name: 'Apply credentials' }).click()
    await page.locator('.modal-ux').getByRole('button', { name: 'Close' }).click()
    const route = page.locator('#operations-auth-Auth_profile')
    await route.click()
    await route.getByRole('button', { name: 'Try it out' }).click()
    await route.getByRole('button', { name: 'Execute' }).click()
    await route.getByText('"email": "admin@localhost"').first().waitFor()
  })

  it('nothing on the way broke the content security policy or threw', () => {
    expect(complaints).toEqual([])
  })
})
