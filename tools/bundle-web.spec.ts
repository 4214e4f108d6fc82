import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { build } from './build.mjs'

const folder = 'dist/apps/web'
const first = 'index.html'

/** https://vite.dev/guide/backend-integration */
interface Chunk {
  file: string
  imports?: string[]
  dynamicImports?: string[]
}

describe('the built web app', () => {
  let manifest: Record<string, Chunk>

  beforeAll(async () => {
    await build({ quiet: true, only: 'web app' })
    manifest = JSON.parse(readFileSync(join(folder, '.vite/manifest.json'), 'utf8')) as typeof manifest
  })

  /** Everything that has to be there before a chunk runs. */
  const neededBy = (name: string, all = new Set<string>()): Set<string> => {
    if (all.has(name)) return all
    all.add(name)
    for (const needed of manifest[name]?.imports ?? []) neededBy(needed, all)
    return all
  }
  const kilobytes = (names: Iterable<string>) =>
    [...names]
      .map((name) => readFileSync(join(folder, `${manifest[name]?.file}.gz`)).length / 1000)
      .reduce((sum, size) => sum + size, 0)

  it('loads at most 200 kB of compressed script for the first page that is opened, whichever it is', () => {
    const pages = (manifest[first]?.dynamicImports ?? []).filter((name) =>
      /^src\/(?!ui|shell|api)/.test(name),
    )
    expect(pages.length).toBeGreaterThan(15)
    const large = pages
      .map((page) => [page, kilobytes(neededBy(page, neededBy(first)))] as const)
      .filter(([, size]) => size > 200)
    expect(large).toEqual([])
  })

  it('keeps charts and Markdown out of every first load', () => {
    const early = [first, ...(manifest[first]?.dynamicImports ?? [])].flatMap((name) => [...neededBy(name)])
    expect(early.filter((name) => /charts|markdown/i.test(manifest[name]?.file ?? ''))).toEqual([])
  })
})
