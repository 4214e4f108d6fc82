import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A child process that runs TypeScript of this repository. */
export interface TypeScriptProcess {
  child: ChildProcess
  /** Waits for a line of standard output that begins with a text. Throws when the process ends before. */
  line(begin: string): Promise<string>
  /** Waits for its end; gives the exit code (null after a signal) and all it printed. */
  end(): Promise<{ code: number | null; output: string }>
}

const hooks = `
import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
const libs = ${JSON.stringify(new URL('../..', import.meta.url).href)}
registerHooks({
  resolve(specifier, context, next) {
    const lib = /^@gatehouse\\/([a-z]+)$/.exec(specifier)
    if (lib) return next(libs + lib[1] + '/src/index.ts', context)
    if (specifier.startsWith('.') && specifier.endsWith('.js')) {
      const source = new URL(specifier.slice(0, -3) + '.ts', context.parentURL)
      if (source.protocol === 'file:' && existsSync(fileURLToPath(source))) return next(source.href, context)
    }
    return next(specifier, context)
  },
})`

/**
 * Runs a module of TypeScript in a process of its own, without a build: for what two processes do to each other, and
 * for what survives when one is killed. Types are stripped by Node, so decorators are out.
 *
 * @param code may import from `@gatehouse/<lib>`, by `file:` URLs, and from packages
 */
export function startTypeScript(code: string, environment: Record<string, string> = {}): TypeScriptProcess {
  const load = `data:text/javascript,${encodeURIComponent(hooks)}`
  const child = spawn(
    process.execPath,
    ['--import', load, '--input-type=module-typescript', '--eval', code],
    {
      cwd: fileURLToPath(new URL('../../..', import.meta.url)),
      env: { ...process.env, NODE_OPTIONS: '', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  const more = new EventTarget()
  const take = (chunk: Buffer): void => {
    output += chunk.toString()
    more.dispatchEvent(new Event('output'))
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  const ended = once(child, 'close').then(([code]: (number | null)[]) => code ?? null)

  return {
    child,
    async line(begin) {
      let gone = false
      void ended.then(() => {
        gone = true
        more.dispatchEvent(new Event('output'))
      })
      for (;;) {
        const found = output
          .split('\n')
          .slice(0, -1)
          .find((line) => line.startsWith(begin))
        if (found !== undefined) return found
        if (gone) throw new Error(`The process ended without a line "${begin}":\n${output}`)
        await new Promise((resolve) => more.addEventListener('output', resolve, { once: true }))
      }
    },
    async end() {
      return { code: await ended, output }
    },
  }
}
