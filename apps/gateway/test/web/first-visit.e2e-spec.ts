import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import OpenAI from 'openai'
import type { Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { pythonWith } from '../python.js'
import {
  type FullHouse,
  fullHouseMissing,
  openFullHouse,
  settled,
  signIn,
  signInLocally,
} from './full-house.js'

const missing = fullHouseMissing()
const run = promisify(execFile)
const python = pythonWith('openai')

describe.skipIf(missing !== undefined)(
  `people at the web app${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    let house: FullHouse
    /** Below this repository, so that the packages of a snippet are found. */
    let folder: string

    beforeAll(async () => {
      house = await openFullHouse({ empty: true })
      mkdirSync(resolve('node_modules/.cache'), { recursive: true })
      folder = mkdtempSync(resolve('node_modules/.cache/snippets-'))
    })
    afterAll(async () => {
      await house?.close()
      rmSync(folder, { recursive: true, force: true })
    })
    afterEach(async () => {
      for (const context of house.browser.contexts()) await context.close()
    })

    const clipboard = (page: Page) => page.evaluate('navigator.clipboard.readText()') as Promise<string>
    const copied = async (page: Page, button: Locator) => {
      await button.click()
      await expect.poll(() => clipboard(page)).not.toBe('')
      return clipboard(page)
    }
    const ask = async (page: Page, prompt: string) => {
      await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill(prompt)
      await page.keyboard.press('Control+Enter')
    }

    it('a first visit: a model is ready, a key is made, the copied line answers, and the page sees the call', {
      timeout: 90_000,
    }, async () => {
      const page = await house.visit({ email: 'newcomer@example.com' })
      await settled(page)
      await page.getByRole('heading', { name: 'A model is ready' }).waitFor()
      await page.getByRole('button', { name: 'Make a key' }).click()
      await page.getByRole('heading', { name: 'You have a key' }).waitFor()
      await page.getByRole('tab', { name: 'curl' }).click()
      const line = await copied(page, page.getByRole('button', { name: 'Copy: Snippet: curl' }))
      expect(await page.getByRole('region', { name: 'Snippet: curl' }).textContent()).not.toContain(
        /gh_[\w-]{40,}/.exec(line)?.[0],
      )
      await page.getByRole('heading', { name: 'Make the first call' }).waitFor()
      const { stdout } = await run('bash', ['-c', line])
      expect(JSON.parse(stdout)).toMatchObject({ object: 'chat.completion' })
      await page.getByRole('heading', { name: 'First call seen' }).waitFor()
    })

    it('every snippet runs as it is copied', { timeout: 90_000 }, async () => {
      const page = await house.visit({ email: 'snippets@example.com' })
      await page.getByRole('button', { name: 'Make a key' }).click()
      await page.getByRole('heading', { name: 'You have a key' }).waitFor()
      const take = async (name: string) => {
        await page.getByRole('tab', { name, exact: true }).click()
        const text = await copied(page, page.getByRole('button', { name: `Copy: Snippet: ${name}` }))
        await page.evaluate(`navigator.clipboard.writeText('')`)
        return text
      }
      const environment = await run('bash', ['-c', await take('Environment')])
      expect(JSON.parse(environment.stdout)).toMatchObject({ object: 'chat.completion' })
      for (const name of ['TypeScript', 'AI SDK', 'LangChain']) {
        const file = join(folder, `${name.replaceAll(' ', '-')}.mjs`)
        writeFileSync(file, await take(name))
        const { stdout } = await run(process.execPath, [file])
        expect(stdout.trim(), name).not.toBe('')
      }
      const program = await take('Python')
      if (python === undefined) return
      const { stdout } = await run(python, ['-c', program])
      expect(stdout.trim()).not.toBe('')
    })

    it('the playground asks two models at once, and both are in the history and in the usage', {
      timeout: 90_000,
    }, async () => {
      const page = await house.visit({ email: 'player@example.com' })
      await page.goto('/playground?model=openai/gpt-test')
      await settled(page)
      await page.getByRole('button', { name: 'Add column' }).click()
      house.openai.next({ text: 'The **first** answer.' }, { text: 'The second answer.' })
      await ask(page, 'What is asked of both?')
      await page.getByText('The second answer.').waitFor()
      await page.locator('main strong').filter({ hasText: 'first' }).waitFor()

      await page.goto('/history')
      await settled(page)
      const rows = page.getByRole('table', { name: 'Calls' }).getByRole('row')
      await expect.poll(() => rows.count()).toBe(3)
      await rows.nth(1).getByRole('link').first().click()
      await page.getByRole('dialog').getByText('What is asked of both?').waitFor()
      await page.keyboard.press('Escape')
      await expect.poll(() => new URL(page.url()).search).toBe('')

      await page.goto('/usage')
      await settled(page)
      await expect
        .poll(async () => {
          await page.reload()
          await settled(page)
          return page.locator('main').textContent()
        })
        .toContain('openai/gpt-test')
    })

    it('a key that is made on its page works with the official client, is seen in history and usage, and ends', {
      timeout: 90_000,
    }, async () => {
      const page = await house.visit({ email: 'keymaker@example.com' })
      await page.goto('/keys')
      await settled(page)
      await page
        .getByRole('button', { name: /^(?:New key|Make a key)$/ })
        .first()
        .click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('Name').fill('nightly job')
      await dialog.getByRole('button', { name: 'Make the key' }).click()
      const key = await copied(page, page.getByRole('button', { name: 'Copy the key' }))
      expect(key).toMatch(/^gh_[\w-]{40,}$/)
      await page.getByRole('button', { name: 'I saved it' }).click()
      await page.getByRole('table', { name: 'API keys' }).getByText('nightly job').waitFor()
      expect(await page.content()).not.toContain(key)

      const client = new OpenAI({ baseURL: `${house.url}/v1`, apiKey: key, maxRetries: 0 })
      const call = () =>
        client.chat.completions.create({
          model: 'openai/gpt-test',
          messages: [{ role: 'user', content: 'By the key' }],
        })
      expect((await call()).choices[0]?.message.content).not.toBe('')
      await expect
        .poll(async () => {
          await page.goto('/history')
          await settled(page)
          return page.locator('main').textContent()
        })
        .toContain('nightly job')
      await expect
        .poll(async () => {
          await page.goto('/usage?split=key')
          await settled(page)
          return page.locator('main').textContent()
        })
        .toContain('nightly job')

      await page.goto('/keys')
      await page.getByRole('button', { name: /^Revoke/ }).click()
      await page
        .getByRole('dialog')
        .getByLabel(/to confirm/)
        .fill('nightly job')
      await page
        .getByRole('dialog')
        .getByRole('button', { name: /^Revoke/ })
        .click()
      await expect
        .poll(() =>
          call().then(
            () => 200,
            (error: { status: number }) => error.status,
          ),
        )
        .toBe(401)
    })

    it('an admin disables somebody, whose open page says so and keeps what was typed until then', {
      timeout: 90_000,
    }, async () => {
      const theirs = await house.visit({ email: 'disabled@example.com' })
      await theirs.goto('/playground?model=openai/gpt-test')
      await settled(theirs)
      await theirs.getByRole('textbox', { name: 'Prompt', exact: true }).fill('Half a thought')
      const admin = await house.visit()
      await admin.goto('/admin/users?query=disabled@example.com')
      await settled(admin)
      await admin.getByRole('table', { name: 'People' }).getByRole('link').first().click()
      await admin.getByRole('button', { name: 'Disable the account' }).click()
      await admin
        .getByRole('dialog')
        .getByRole('button', { name: /^Disable/ })
        .click()
      await admin.getByRole('button', { name: /^Enable/ }).waitFor()

      await theirs.keyboard.press('Control+Enter')
      await expect
        .poll(async () => {
          if ((await theirs.getByRole('dialog').count()) === 0) await theirs.keyboard.press('Control+Enter')
          return theirs.getByRole('dialog').count()
        })
        .toBe(1)
      await theirs.getByRole('heading', { name: 'Your account is disabled' }).waitFor()
      await theirs.getByRole('button', { name: 'To the sign-in' }).click()
      await theirs.waitForURL('**/sign-in**')
    })

    it('who signs out the others ends their pages, and from there one goes on where one was', {
      timeout: 90_000,
    }, async () => {
      const here = await house.visit({ email: 'twice@example.com' })
      const there = await house.visit({ email: 'twice@example.com' })
      await there.goto('/playground?model=openai/gpt-test')
      await settled(there)
      await here.goto('/settings')
      await settled(here)
      await here.getByRole('button', { name: 'Sign out the others' }).click()
      await here.getByRole('dialog').getByRole('button', { name: 'Sign out the others' }).click()
      await here.getByText(/^(?:One session has|\d+ sessions have) ended\.$/).waitFor()

      await expect.poll(async () => (await there.request.get('/auth/profile')).status()).toBe(401)
      await ask(there, 'A long thought that must not be lost')
      await there.getByRole('heading', { name: 'You are signed out' }).waitFor()
      expect(await there.getByText('A long thought that must not be lost').count()).toBeGreaterThan(0)
      const [second] = await Promise.all([
        there.context().waitForEvent('page'),
        there.getByRole('link', { name: 'Sign in with Local' }).click(),
      ])
      await signInLocally(second, 'twice@example.com')
      await there.getByRole('heading', { name: 'You are signed out' }).waitFor({ state: 'hidden' })
      expect(await there.getByText('A long thought that must not be lost').count()).toBeGreaterThan(0)
      expect((await here.request.get('/auth/profile')).status()).toBe(200)
    })

    it('a page does not go on as somebody else who has signed in meanwhile', {
      timeout: 90_000,
    }, async () => {
      const page = await house.visit({ email: 'first@example.com' })
      await page.goto('/playground?model=openai/gpt-test')
      await settled(page)
      await page.context().clearCookies()
      await ask(page, 'For my eyes')
      const [second] = await Promise.all([
        page.context().waitForEvent('page'),
        page.getByRole('link', { name: 'Sign in with Local' }).click(),
      ])
      await signInLocally(second, 'second@example.com')
      await page.getByRole('heading', { name: 'Somebody else is signed in now' }).waitFor()
      await page.getByRole('button', { name: 'Reload' }).click()
      await page.getByRole('heading', { name: 'Somebody else is signed in now' }).waitFor({ state: 'hidden' })
      await settled(page)
      expect(await page.getByText('For my eyes').count()).toBe(0)
      expect(await (await page.request.get('/auth/profile')).json()).toMatchObject({
        email: 'second@example.com',
      })
    })

    it('another model from the finder costs no conversation', { timeout: 90_000 }, async () => {
      const page = await house.visit({ email: 'tries@example.com' })
      await page.goto('/playground?model=openai/gpt-test')
      await settled(page)
      house.openai.next({ text: 'Worth keeping.' })
      await ask(page, 'Tell me')
      await page.getByText('Worth keeping.').waitFor()
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox', { name: 'What are you looking for?' }).waitFor()
      await page.keyboard.type('demo/echo')
      await page.getByRole('option', { name: /demo\/echo/ }).waitFor()
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Bring it back' }).click()
      await page.getByText('Worth keeping.').waitFor()
      await expect.poll(() => new URL(page.url()).searchParams.get('model')).toBe('openai/gpt-test')
    })

    it('a key that could not be copied counts as not saved', { timeout: 90_000 }, async () => {
      const page = await house.visit({ email: 'nocopy@example.com' })
      await page.addInitScript("navigator.clipboard.writeText = () => Promise.reject(new Error('no'))")
      await page.goto('/keys')
      await settled(page)
      await page
        .getByRole('button', { name: /^(?:New key|Make a key)$/ })
        .first()
        .click()
      await page.getByRole('dialog').getByLabel('Name').fill('lost')
      await page.getByRole('dialog').getByRole('button', { name: 'Make the key' }).click()
      await page.getByRole('button', { name: 'Copy the key' }).click()
      await page.getByText('This browser let nothing be copied.').waitFor()
      await page.keyboard.press('Escape')
      await page.getByText('The key has not been copied.').waitFor()
    })

    it('an identity of another account is not added, and the settings say why', {
      timeout: 90_000,
    }, async () => {
      const page = await house.visit({ email: 'owner@example.com' })
      await (await house.visit({ email: 'taken@example.com' })).close()
      await page.goto('/auth/local/start?link=1&next=/settings')
      await signInLocally(page, 'taken@example.com')
      await page.waitForURL('**/settings?link_error=identity_in_use')
      await page.getByText(/This identity belongs to another account\./).waitFor()
    })

    it('an account that its owner deletes is gone from here at once', { timeout: 90_000 }, async () => {
      const page = await house.visit({ email: 'leaving@example.com' })
      await page.goto('/settings')
      await settled(page)
      await page.getByRole('button', { name: /^Delete/ }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel(/to confirm/).fill('leaving@example.com')
      await dialog.getByRole('button', { name: /^Delete/ }).click()
      await page.waitForURL('**/sign-in**')
      expect((await page.request.get('/auth/profile')).status()).toBe(401)
      await signIn(page, 'staying@example.com')
    })

    it('nothing on the way broke the policy of the page or threw', () => {
      // What was refused on purpose is told by the browser too.
      expect(house.complaints.filter((line) => !/status of (?:401|403)/.test(line))).toEqual([])
    })
  },
)
