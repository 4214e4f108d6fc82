import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { webPages } from '@gatehouse/contracts'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FullHouse, fullHouseMissing, openFullHouse, settled, signInLocally } from './full-house.js'

const missing = fullHouseMissing()
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Violation {
  id: string
  nodes: { html: string; failureSummary: string }[]
}

/** What axe has against a page, each in a line. */
async function violations(page: Page): Promise<string[]> {
  // Nothing that is still fading in.
  await page.waitForTimeout(300)
  await page.evaluate(axe)
  const found = (await page.evaluate('axe.run().then(({ violations }) => violations)')) as Violation[]
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary.slice(0, 240)}`),
  )
}

describe.skipIf(missing !== undefined)(`every page${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let house: FullHouse
  /** Addresses of real things in place of the parts of `webPages` that begin with a colon. */
  let pages: string[]

  beforeAll(async () => {
    house = await openFullHouse()
    const token = (await house.gateway.gateway.localToken()) ?? ''
    const first = async (path: string) =>
      (await house.gateway.ask<{ data: { id: string }[] }>(path, { token })).json.data[0]?.id ?? ''
    const user = await first('/api/v1/admin/users?query=ada@example.com')
    const service = await first('/api/v1/admin/service-accounts')
    const call = await first('/api/v1/history?status=success')
    pages = [
      ...webPages
        .filter((path) => path !== '/' && path !== '/signed-in')
        .map((path) => path.replace('/users/:id', `/users/${user}`).replace('/:id', `/${service}`)),
      `/history?call=${call}`,
    ]
  })
  afterAll(() => house?.close())

  const titles = async (page: Page) => page.getByRole('heading', { level: 1 }).allTextContents()

  it('has nothing that axe finds fault with, light and dark, and is no wider than its window', {
    timeout: 240_000,
  }, async () => {
    const found: string[] = []
    const look = async (page: Page, path: string) => {
      await page.goto(path)
      await settled(page)
      expect((await titles(page)).length, path).toBe(1)
      for (const scheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: scheme })
        await page.locator(`html[data-mantine-color-scheme=${scheme}]`).waitFor()
        for (const fault of await violations(page)) found.push(`${path}, ${scheme}: ${fault}`)
      }
      for (const width of [320, 375, 768, 1280]) {
        await page.setViewportSize({ width, height: 800 })
        // What is laid out by a script follows with the next frame.
        await page.waitForTimeout(100)
        const room = (await page.evaluate('document.documentElement.scrollWidth')) as number
        if (room > width) found.push(`${path} is ${room} wide at ${width}`)
      }
    }
    const page = await house.visit()
    for (const path of pages) if (path !== '/sign-in') await look(page, path)
    await look(await house.visit({ email: null }), '/sign-in?error=domain_not_allowed')
    expect(found).toEqual([])
  })

  it('has nothing that axe finds fault with in a narrow window', { timeout: 120_000 }, async () => {
    const found: string[] = []
    const page = await house.visit({ width: 375, scheme: 'dark' })
    for (const path of pages) {
      if (path === '/sign-in') continue
      await page.goto(path)
      await settled(page)
      for (const fault of await violations(page)) found.push(`${path}: ${fault}`)
    }
    expect(found).toEqual([])
  })

  it('moves nothing while it loads', { timeout: 120_000 }, async () => {
    const page = await house.visit()
    const shifts: Record<string, number> = {}
    for (const path of pages) {
      await page.goto(path)
      await settled(page)
      const shift = (await page.evaluate(`new Promise((resolve) => {
        let sum = 0
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value
        }).observe({ type: 'layout-shift', buffered: true })
        setTimeout(() => resolve(sum), 100)
      })`)) as number
      if (shift > 0.02) shifts[path] = shift
    }
    expect(shifts).toEqual({})
  })

  it('can be gone through by keyboard alone', async () => {
    const page = await house.visit()
    await page.goto('/start')
    await settled(page)
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'What are you looking for?' }).waitFor()
    await page.keyboard.type('audit')
    await page.getByRole('option', { name: /Audit log/ }).waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL('**/admin/audit')
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'What are you looking for?' }).waitFor()
    await page.keyboard.type('ada@example')
    await page.getByRole('option', { name: /Ada Lovelace/ }).waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/admin\/users\/[\da-f-]{36}$/)
    await page.getByRole('heading', { level: 1, name: 'Ada Lovelace' }).waitFor()
    // A menu gives the focus back to what opened it, also the first time.
    const account = page.getByRole('button', { name: /^Account:/ })
    await account.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('menuitem', { name: 'Settings' }).waitFor()
    await page.keyboard.press('Escape')
    await expect
      .poll(() => account.evaluate((button) => button === button.ownerDocument.activeElement))
      .toBe(true)
  })

  it('opens the finder for keys that were pressed before the page stood', async () => {
    const page = await house.visit()
    let pressed: (() => void) | undefined
    const keys = new Promise<void>((resolve) => {
      pressed = resolve
    })
    await page.route(/\/assets\/start-[^/]*\.js$/, async (route) => {
      await keys
      await route.continue()
    })
    await page.goto('/start')
    expect(await page.getByRole('heading', { level: 1 }).count()).toBe(0)
    await page.keyboard.press('Control+k')
    pressed?.()
    await page.getByRole('combobox', { name: 'What are you looking for?' }).waitFor()
  })

  it('sends who is signed out to the sign-in, and from there to where they were going', async () => {
    const page = await house.visit({ email: null })
    await page.goto('/usage?split=provider')
    await page.getByRole('heading', { level: 1, name: 'Sign in to Gatehouse' }).waitFor()
    await page.getByRole('link', { name: /^Continue with Local/ }).click()
    await signInLocally(page, 'carol@example.com')
    await page.waitForURL('**/usage?split=provider')
    await page.getByRole('heading', { level: 1, name: 'Usage' }).waitFor()
    // And a member does not see what is for admins.
    expect(await page.getByRole('link', { name: 'Audit log' }).count()).toBe(0)
    await page.goto('/admin/users')
    await page.waitForURL('**/start')
  })

  it('breaks no policy and throws nothing on the way', () => {
    expect(house.complaints).toEqual([])
  })
})
