// Builds what is stale, in order. A step runs when the contents of its inputs differ from those of its last run, or
// when one of its outputs is missing; `npm run build` on a fresh tree and `npm start` on a built one use the same table.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const stamps = join(root, 'dist', '.stamps')

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string[]} inputs files and folders, from the root
 * @property {string[]} outputs files and folders that must be there afterwards
 * @property {() => Promise<void>} run
 */

/** @type {Step[]} A step sees what the ones before it made. */
const steps = [
  {
    name: 'database client',
    inputs: ['prisma/schema', 'prisma.config.ts', 'node_modules/prisma/package.json'],
    outputs: ['libs/platform/src/database/generated/client.ts'],
    run: () => node('node_modules/prisma/build/index.js', 'generate'),
  },
  {
    name: 'gateway',
    inputs: [
      'apps/gateway/src',
      'libs',
      'prisma/schema',
      'nest-cli.json',
      '.swcrc',
      'tsconfig.json',
      'tsconfig.build.json',
    ],
    outputs: ['dist/apps/gateway/src/main.js', 'dist/libs/platform/src/index.js'],
    run: async () => {
      // Files of sources that are gone must not stay importable.
      for (const folder of ['dist/apps/gateway', 'dist/libs'])
        rmSync(join(root, folder), { recursive: true, force: true })
      await node('node_modules/@nestjs/cli/bin/nest.js', 'build', 'gateway')
    },
  },
  {
    name: 'web app',
    inputs: [
      'apps/web',
      'libs/contracts/src',
      'tools/bundle-web.mjs',
      'tsconfig.json',
      'node_modules/vite/package.json',
      'node_modules/react/package.json',
      'node_modules/@mantine/core/package.json',
    ],
    outputs: ['dist/apps/web/index.html', 'dist/apps/web/assets'],
    run: () =>
      apart('tools/bundle-web.mjs', 'bundleWeb', join(root, 'apps/web'), join(root, 'dist/apps/web')),
  },
  {
    name: 'sidecar',
    inputs: [
      'apps/sidecar/src',
      'libs/outbound',
      'tools/bundle-sidecar.mjs',
      'tsconfig.json',
      'node_modules/esbuild/package.json',
    ],
    outputs: ['dist/apps/sidecar/main.js', 'dist/apps/sidecar/package.json'],
    run: () => apart('tools/bundle-sidecar.mjs', 'bundleSidecar', join(root, 'dist/apps/sidecar')),
  },
  {
    name: 'database template',
    inputs: ['prisma/migrations', 'node_modules/@electric-sql/pglite/package.json'],
    outputs: ['dist/postgres-template'],
    run: () =>
      apart('dist/libs/platform/src/database/index.js', 'makeTemplate', join(root, 'prisma/migrations')),
  },
  {
    name: 'client kit',
    inputs: [
      'libs/client/src',
      'tools/bundle-client-kit.mjs',
      'libs/client/tsconfig.json',
      'tsconfig.json',
      'node_modules/esbuild/package.json',
    ],
    outputs: ['libs/client/dist/esm/index.js', 'libs/client/dist/cjs/package.json'],
    run: () => apart('tools/bundle-client-kit.mjs', 'bundleClientKit', join(root, 'libs/client/dist')),
  },
]

/**
 * Builds what is stale.
 *
 * @param {{ quiet?: boolean, upTo?: string, only?: string }} [options] quiet: no line for a step that ran; upTo: the
 *   last step to run; only: the one step to run, which needs none before it
 * @returns {Promise<string[]>} names of the steps that ran
 * @throws {Error} with the output of the step that failed
 */
export async function build({ quiet = false, upTo = undefined, only = undefined } = {}) {
  const ran = []
  const last = upTo === undefined ? steps.length - 1 : steps.findIndex(({ name }) => name === upTo)
  for (const step of steps.slice(0, last + 1)) {
    if (only !== undefined && step.name !== only) continue
    const stamp = join(stamps, step.name.replaceAll(' ', '-'))
    const hash = hashOf(step.inputs)
    const fresh = existsSync(stamp) && readFileSync(stamp, 'utf8') === hash
    if (fresh && step.outputs.every((path) => existsSync(join(root, path)))) continue
    rmSync(stamp, { force: true })
    const begin = performance.now()
    try {
      await step.run()
    } catch (error) {
      throw new Error(`Building the ${step.name} failed:\n${outputOf(error)}`, { cause: error })
    }
    const missing = step.outputs.find((path) => !existsSync(join(root, path)))
    if (missing) throw new Error(`Building the ${step.name} left no ${missing}.`)
    mkdirSync(stamps, { recursive: true })
    writeFileSync(stamp, hash)
    ran.push(step.name)
    if (!quiet) console.log(`built ${step.name} in ${((performance.now() - begin) / 1000).toFixed(1)} s`)
  }
  return ran
}

/**
 * Runs Node from the root. A signal ends it too: what went on building alone would meet the next start.
 *
 * @param {string[]} args a script of an installed package, and its arguments
 * @returns {Promise<{ stdout: string, stderr: string }>} what it printed
 */
async function node(...args) {
  const running = promisify(execFile)(process.execPath, args, { cwd: root, maxBuffer: 64 * 1024 * 1024 })
  const end = () => running.child.kill()
  const pass = (signal) => {
    end()
    // As it would have ended without us.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
  }
  process.once('exit', end)
  for (const signal of signals) process.once(signal, pass)
  try {
    return await running
  } finally {
    process.off('exit', end)
    for (const signal of signals) process.off(signal, pass)
  }
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Calls a function in a process of its own: what a bundler loads would stay in the memory of the gateway that follows.
 * What it warns of is printed; its error is that of the process.
 *
 * @param {string} module from the root
 * @param {string} name of what it exports
 * @param {string[]} args
 */
export async function apart(module, name, ...args) {
  const url = pathToFileURL(resolve(root, module)).href
  // At once: what is left open by a failure, or by a bundler, must not hold up the build.
  const call = `const { ${name} } = await import(${JSON.stringify(url)})
${name}(...${JSON.stringify(args)}).then(
  () => process.exit(0),
  (error) => process.stderr.write(String(error?.message || error), () => process.exit(1)),
)`
  const { stdout, stderr } = await node('--input-type=module', '--eval', call)
  process.stderr.write(stdout + stderr)
}

/** @param {string[]} paths */
function hashOf(paths) {
  const hash = createHash('sha256').update(process.version)
  for (const path of paths.flatMap(filesOf))
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0')
  return hash.digest('hex')
}

/**
 * Files below a path in a fixed order. Tests, and what the first step makes of inputs of its own, change no output.
 *
 * @param {string} path
 * @returns {string[]}
 */
function filesOf(path) {
  if (!existsSync(join(root, path))) return []
  if (!statSync(join(root, path)).isDirectory()) return /\.(spec|e2e-spec)\.tsx?$/.test(path) ? [] : [path]
  if (path === 'libs/testing' || path === 'libs/client' || /\/(generated|node_modules|dist)$/.test(path))
    return []
  return readdirSync(join(root, path))
    .sort()
    .flatMap((name) => filesOf(`${path}/${name}`))
}

/** What a failed program printed, or the error itself. */
function outputOf(error) {
  const printed = [error?.stdout, error?.stderr].filter(Boolean).join('\n').trim()
  return withoutTraces(printed) || (error instanceof Error ? error.message : String(error))
}

/**
 * swc puts the stack of its own machine code below each mistake that it has shown.
 *
 * @param {string} text
 * @returns {string}
 */
export function withoutTraces(text) {
  return text.replace(/\n+Caused by:\n(?: .*\n)+\n*Stack backtrace:\n(?: +(?:\d+: |at ).*(?:\n|$))*/g, '\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const [only] = process.argv.slice(2)
    const ran = await build({ only })
    if (ran.length === 0 && !only) console.log('everything is up to date')
    // The schema engine may hold a timer of its own; the build is done.
    process.exit(0)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  }
}
