import {
  chromiumMissing,
  chromiumPath,
  createPostgresDatabase,
  type StandIn,
  startOpenAi,
} from '@gatehouse/testing'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { inject } from 'vitest'
import { type InnerGateway, startGateway } from '../harness.js'
import { seedHouse } from './seed-house.js'

/** How a page is looked at. */
export interface Visit {
  /** Who signs in; null for nobody. */
  email?: string | null
  width?: number
  height?: number
  scheme?: 'light' | 'dark'
}

/** A gateway with the web app, a browser, and content as after some weeks. */
export interface FullHouse {
  url: string
  gateway: InnerGateway
  openai: StandIn
  browser: Browser
  /** What a browser said against a page: errors, and breaches of the content security policy. */
  complaints: string[]
  /** A page of a browser of its own, after the sign-in. */
  visit(visit?: Visit): Promise<Page>
  close(): Promise<void>
}

/** Why these tests are skipped, or undefined when they are not. */
export function fullHouseMissing(): string | undefined {
  const server = inject('postgres')
  return chromiumMissing() ?? ('missing' in server ? server.missing : undefined)
}

/** The admin by whom the local sign-in lets everybody in who asks for it. */
export const viewer = 'admin@localhost'

/**
 * @param empty without the content
 * @param environment variables beside those that every house has
 */
export async function openFullHouse({
  empty = false,
  environment = {},
}: {
  empty?: boolean
  environment?: Record<string, string>
} = {}): Promise<FullHouse> {
  const [openai, database] = await Promise.all([startOpenAi(), createPostgresDatabase()])
  const gateway = await startGateway({
    DATABASE_URL: database.url,
    OPENAI_API_KEY: 'sk-up-0123456789abcdefghijklmnop',
    OPENAI_BASE_URL: `${openai.url}/v1`,
    DEMO_PROVIDER: 'true',
    ...environment,
  })
  if (!empty) {
    const token = (await gateway.gateway.localToken()) ?? ''
    const { json } = await gateway.ask<{ user_id: string }>('/auth/profile', { token })
    await seedHouse({ databaseUrl: database.url, viewerId: json.user_id })
  }
  const browser = await chromium.launch({ executablePath: chromiumPath() ?? '', args: ['--no-sandbox'] })
  const complaints: string[] = []
  const contexts: BrowserContext[] = []
  return {
    url: gateway.url,
    gateway,
    openai,
    browser,
    complaints,
    async visit({ email = viewer, width = 1280, height = 800, scheme = 'light' } = {}) {
      const context = await browser.newContext({
        baseURL: gateway.url,
        viewport: { width, height },
        colorScheme: scheme,
        permissions: ['clipboard-read', 'clipboard-write'],
      })
      contexts.push(context)
      const page = await context.newPage()
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(`${page.url()}: ${message.text()}`)
      })
      page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`))
      if (email !== null) await signIn(page, email)
      return page
    },
    async close() {
      await browser.close()
      await gateway.close()
      await Promise.all([openai.close(), database.drop()])
    },
  }
}

/** By the local issuer, as a person does it. */
export async function signIn(page: Page, email: string): Promise<void> {
  await page.goto('/sign-in')
  await page.getByRole('link', { name: /^Continue with Local/ }).click()
  await signInLocally(page, email)
  await page.waitForURL('**/start')
}

/** On the page of the local issuer. */
export async function signInLocally(page: Page, email: string): Promise<void> {
  await page.getByLabel('Or as any other e-mail address').fill(email)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** Until a page shows what it is about, and waits for nothing. */
export async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.waitForLoadState('networkidle')
  await page.waitForFunction("document.querySelectorAll('[aria-label=Loading]').length === 0")
}
