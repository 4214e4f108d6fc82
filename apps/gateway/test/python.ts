import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Where CI puts the Python clients; a developer may. */
const folder = resolve('node_modules/.cache/python-clients')

/** A Python with a package: `TEST_PYTHON`, the one beside this repository's packages, or the machine's. */
export function pythonWith(name: string): string | undefined {
  const candidates = [process.env.TEST_PYTHON ?? '', join(folder, 'bin/python'), 'python3']
  return candidates.find((python) => {
    if (python === '' || (python.includes('/') && !existsSync(python))) return false
    try {
      const code = `import importlib.util, sys; sys.exit(importlib.util.find_spec("${name}") is None)`
      execFileSync(python, ['-c', code], { stdio: 'ignore', timeout: 10_000 })
      return true
    } catch {
      return false
    }
  })
}

/** One thing that a script of `clients/` does, and what it does it with. */
export type Step = [name: string, ...values: unknown[]]

/** Runs a script of `clients/` against a gateway. @returns what came of each step */
export async function runPython<Outcome>(
  python: string,
  script: string,
  gateway: { url: string; token: string },
  steps: Step[],
): Promise<Outcome[]> {
  const { stdout } = await run(python, [resolve('apps/gateway/test/clients', script)], {
    timeout: 60_000,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PYTHONIOENCODING: 'utf-8',
      GATEWAY_URL: gateway.url,
      GATEWAY_TOKEN: gateway.token,
      STEPS: JSON.stringify(steps),
      // Or it asks the internet for a list of prices, on every start.
      LITELLM_LOCAL_MODEL_COST_MAP: 'True',
    },
  })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Outcome[]
}
