import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const libraries = [
  'contracts',
  'outbound',
  'client',
  'platform',
  'llm',
  'identity',
  'accounts',
  'usage',
  'testing',
]

/** A bad import for each rule: the file it is planted in, and what it says. */
const planted: [rule: string, file: string, text: string][] = [
  ['imports-of-libs-contracts', 'libs/contracts/src/bad.ts', "import '@gatehouse/outbound'"],
  ['imports-of-libs-outbound', 'libs/outbound/src/bad.ts', "import '@gatehouse/contracts'"],
  ['imports-of-libs-client', 'libs/client/src/bad.ts', "import '@gatehouse/contracts'"],
  ['imports-of-libs-platform', 'libs/platform/src/bad.ts', "import '@gatehouse/accounts'"],
  ['imports-of-libs-llm', 'libs/llm/src/bad.ts', "import '@gatehouse/identity'"],
  ['imports-of-libs-identity', 'libs/identity/src/bad.ts', "import '@gatehouse/platform'"],
  ['imports-of-libs-accounts', 'libs/accounts/src/bad.ts', "import '@gatehouse/usage'"],
  ['imports-of-libs-usage', 'libs/usage/src/bad.ts', "import '../../accounts/src/index.js'"],
  ['imports-of-libs-testing', 'libs/testing/src/bad.ts', "import '@gatehouse/llm'"],
  ['imports-of-apps-sidecar', 'apps/sidecar/src/bad.ts', "import '@gatehouse/platform'"],
  ['imports-of-apps-web', 'apps/web/src/bad.tsx', "import '@gatehouse/usage'"],
  ['imports-of-apps-gateway', 'apps/gateway/src/bad.ts', "import '../../sidecar/src/main.js'"],
  ['product-never-imports-testing', 'apps/gateway/src/worse.ts', "import '@gatehouse/testing'"],
  ['tests-import-no-other-app', 'apps/gateway/src/bad.spec.ts', "import '../../sidecar/src/main.js'"],
  ['only-through-the-index', 'apps/gateway/src/inner.ts', "import '../../../libs/llm/src/inner.js'"],
  ['no-cycle', 'libs/llm/src/cycle.ts', "import './cycle-back.js'"],
  ['pure-libraries', 'libs/llm/src/impure.ts', "import '@nestjs/common'"],
  ['contracts-run-in-a-browser', 'libs/contracts/src/node.ts', "import 'node:fs'"],
  ['no-programs', 'apps/gateway/src/program.ts', "import 'node:child_process'"],
]

describe('the import rules', () => {
  let folder: string
  let found: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'imports-'))
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), `${text}\nexport const name = '${path}'\n`)
    }
    for (const name of libraries) write(`libs/${name}/src/index.ts`, '')
    write('libs/llm/src/inner.ts', '')
    write('libs/llm/src/cycle-back.ts', "import './cycle.js'")
    write('apps/sidecar/src/main.ts', '')
    write('node_modules/@nestjs/common/index.js', '')
    writeFileSync(
      join(folder, 'node_modules/@nestjs/common/package.json'),
      '{"name":"@nestjs/common","main":"index.js"}',
    )
    writeFileSync(join(folder, 'package.json'), '{"type":"module","dependencies":{"@nestjs/common":"1"}}')
    for (const file of ['.dependency-cruiser.mjs', 'tsconfig.json']) cpSync(file, join(folder, file))
    for (const [, file, text] of planted) write(file, text)
    const cruise = resolve('node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')
    found = await new Promise((done) => {
      execFile(
        process.execPath,
        [cruise, '--config', '.dependency-cruiser.mjs', '--output-type', 'err', 'apps', 'libs'],
        { cwd: folder },
        (_error, stdout, stderr) => done(stdout + stderr),
      )
    })
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each(planted)('%s is broken by an import in %s, and the check says so', (rule, file) => {
    const line = found.split('\n').find((text) => text.includes(`${rule}:`) && text.includes(file))
    expect(line ?? found).toContain(file)
  })

  it('nothing else of that tree breaks a rule', () => {
    const files = found.split('\n').flatMap((text) => /^\s*error \S+: (\S+)/.exec(text)?.[1] ?? [])
    const expected = new Set([...planted.map(([, file]) => file), 'libs/llm/src/cycle-back.ts'])
    expect(files.filter((file) => !expected.has(file))).toEqual([])
  })
})
