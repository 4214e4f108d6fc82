import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type House, type InnerGateway, startHouse } from './harness.js'

interface Operation {
  requestBody?: { content: Record<string, { example?: object }> }
}

describe('the documented API', () => {
  let house: House & { gateway: InnerGateway }
  let paths: Record<string, Record<string, Operation>>
  beforeAll(async () => {
    house = await startHouse({
      vendors: ['openai', 'anthropic'],
      environment: { DEMO_PROVIDER: 'true' },
    })
    const { json } = await house.gateway.ask<{ paths: typeof paths }>('/docs-json')
    paths = json.paths
  })
  afterAll(() => house?.close())

  it('tells of every route by which models are called, and of none that is not there', () => {
    const registered = new Set<string>()
    const { routes } = house.gateway.gateway
    for (const { method, url } of routes) {
      if (method === 'HEAD' || method === 'OPTIONS') continue
      // Those that leave `/v1` out are told of with the others.
      const isShort = !url.startsWith('/v1/') && routes.some((other) => other.url === `/v1${url}`)
      if (!/^\/(?:v1|proxy)\//.test(url) && !isShort) continue
      const path = (isShort ? `/v1${url}` : url)
        .replace('/models/*', '/models/{id}')
        .replace('/:provider/*', '/{provider}/{path}')
      registered.add(`${method} ${path}`)
    }
    const documented = Object.entries(paths)
      .filter(([path]) => /^\/(?:v1|proxy)\//.test(path))
      .flatMap(([path, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`))
    expect(documented.sort()).toEqual([...registered].sort())
    expect(documented.length).toBeGreaterThan(15)
  })

  it('shows bodies that work as they stand', async () => {
    const tried: string[] = []
    for (const [path, { post }] of Object.entries(paths)) {
      const body = path.startsWith('/v1/') && post?.requestBody?.content['application/json']?.example
      if (!body) continue
      const answer = await house.gateway.ask(path, { token: house.root.token, body })
      expect([path, answer.status], answer.text).toEqual([path, 200])
      tried.push(path)
    }
    expect(tried).toContain('/v1/chat/completions')
    expect(tried).toHaveLength(9)
  })
})
