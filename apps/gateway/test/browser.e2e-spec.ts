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
      // The status of a page that was asked for on purpose is no complaint.
      if (message.type() === 'error' && !message.text().includes('status of 404'))
        complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
  })
  afterAll(async () => {
    await browser?.close()
    await gateway?.close()
  })

  const signIn = async () => {
    await page.goto(`${gateway.url}/auth/local/start`)
    await page.getByRole('button', { name: 'Sign in as admin@localhost' }).click()
    await page.getByRole('heading', { level: 1, name: 'Start' }).waitFor()
  }
  const signOut = async () => {
    await page.goto(`${gateway.url}/start`)
    await page.getByRole('button', { name: /^Account: / }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByRole('link', { name: 'Continue with Local' }).waitFor()
  }

  it('a newcomer signs in by the local page, is known, and signs out again', async () => {
    await page.goto(gateway.url)
    await page.getByRole('link', { name: 'Continue with Local' }).click()
    await page.getByLabel('Or as any other e-mail address').fill('ada@example.com')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('button', { name: 'Account: Ada' }).waitFor()
    expect(await page.evaluate('document.cookie')).toBe('')
    await signOut()
    expect((await page.request.get(`${gateway.url}/auth/profile`)).status()).toBe(401)
  })

  it('who cancels is told so on our page', async () => {
    await page.goto(`${gateway.url}/auth/local/start`)
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('Sign-in cancelled.').waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
    expect(new URL(page.url()).pathname).toBe('/sign-in')
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

  it('a token of Authorize is hidden while it is typed, and kept until sign-out or its end, no longer', async () => {
    const kept = () => page.evaluate("localStorage.getItem('authorized')")
    expect(await kept()).toContain('bearer')
    await page.goto(gateway.url)
    await page.goto(`${gateway.url}/docs`)
    await page.getByRole('button', { name: 'Authorize' }).first().waitFor()
    expect(await kept()).toContain('bearer')

    await signIn()
    await signOut()
    expect(await kept()).toBeNull()

    const ended = `x.${Buffer.from('{"exp":1700000000}').toString('base64url')}.x`
    for (const value of [JSON.stringify({ bearer: { value: ended } }), '{}', 'no JSON']) {
      await page.evaluate(`localStorage.setItem('authorized', ${JSON.stringify(value)})`)
      await page.goto(`${gateway.url}/docs`)
      await page.getByRole('button', { name: 'Authorize' }).first().click()
      await page.locator('#auth-bearer-value[type=password]').waitFor()
      expect(await kept()).toBeNull()
    }
  })

  it('Swagger UI calls a model as it fills the form in, for who is signed in and has authorized nothing', async () => {
    await signIn()
    await page.goto(`${gateway.url}/docs`)
    const route = page.locator('#operations-calls-Calls_call')
    await route.click()
    await route.getByRole('button', { name: 'Try it out' }).click()
    await route.getByRole('button', { name: 'Execute' }).click()
    await route.getByText('You wrote: Say hello"').first().waitFor()
  })

  it('on a phone no page is wider than its window', async () => {
    await page.setViewportSize({ width: 375, height: 800 })
    for (const path of ['/', '/auth/local/start', '/nowhere', '/docs']) {
      await page.goto(`${gateway.url}${path}`)
      const width = (await page.evaluate('document.documentElement.scrollWidth')) as number
      expect(width, path).toBeLessThanOrEqual(375)
    }
    await page.setViewportSize({ width: 1280, height: 720 })
  })

  it('nothing on the way broke the content security policy or threw', () => {
    expect(complaints).toEqual([])
  })
})
