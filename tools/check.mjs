// npm run check: every house rule as a failing check. One line per check; the output of those that fail.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { build } from './build.mjs'
import { checkDeploy } from './check-deploy.mjs'
import { openApiProblems } from './openapi.mjs'

const bin = (path) => [process.execPath, `node_modules/${path}`]

/** @type {{ name: string, run: string[] | (() => Promise<void>) }[]} */
const checks = [
  { name: 'format and lint', run: [...bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.'] },
  {
    name: 'promises',
    run: [...bin('oxlint/bin/oxlint'), '--type-aware', '--config', '.oxlintrc.json', 'apps', 'libs'],
  },
  { name: 'types', run: [...bin('typescript-7/bin/tsc'), '-p', 'tsconfig.json', '--noEmit'] },
  {
    name: 'types of the web app',
    run: [...bin('typescript-7/bin/tsc'), '-p', 'apps/web/tsconfig.json', '--noEmit'],
  },
  {
    name: 'contracts run in a browser',
    run: [...bin('typescript-7/bin/tsc'), '-p', 'libs/contracts/tsconfig.json', '--noEmit'],
  },
  {
    name: 'imports',
    run: [
      ...bin('dependency-cruiser/bin/dependency-cruiser.mjs'),
      '--config',
      '.dependency-cruiser.mjs',
      'apps',
      'libs',
    ],
  },
  { name: 'unused code', run: [...bin('knip/bin/knip.js'), '--no-progress'] },
  { name: 'migrations and schema', run: [process.execPath, 'tools/migration.mjs', '--check'] },
  { name: 'docs/openapi.json', run: () => same('docs/openapi.json', 'npm run snapshots') },
  { name: 'OpenAPI 3.1', run: () => validApi(texts['docs/openapi.json']) },
  { name: '.env.example', run: () => same('.env.example', 'npm run snapshots') },
  {
    name: 'docs/gatehouse.schema.json',
    run: () => same('docs/gatehouse.schema.json', 'npm run snapshots'),
  },
  {
    name: 'plain-text.wasm.ts',
    run: () => same('apps/gateway/src/openai/plain-text.wasm.ts', 'npm run snapshots'),
  },
  { name: 'deploy', run: deploys },
]

await build({ quiet: true })
const { snapshots } = await import('./snapshots.mjs')
const texts = await snapshots()

async function same(file, mend) {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== texts[file])
    throw new Error(`${file} is not what the code says. Run: ${mend}`)
}

async function validApi(text) {
  const problems = await openApiProblems(JSON.parse(text))
  if (problems.length > 0) throw new Error(problems.join('\n'))
}

async function deploys() {
  const { problems, skipped } = await checkDeploy()
  for (const line of skipped) console.log(`skip  ${line}`)
  if (problems.length > 0) throw new Error(problems.join('\n'))
}

function execute([command, ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk
      })
    }
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(output.trim() || `exit code ${code}`)),
    )
  })
}

let failed = 0
for (const { name, run } of checks) {
  const began = performance.now()
  try {
    await (typeof run === 'function' ? run() : execute(run))
    console.log(`ok    ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`)
  } catch (error) {
    failed++
    console.log(`FAIL  ${name}\n${error.message}\n`)
  }
}
console.log(`${checks.length - failed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
