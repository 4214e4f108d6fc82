// The client kit in libs/client/dist: one file for `import`, one for `require`, and the types of both. The compiler checks
// on the way that the sources run on any platform with a standard fetch: it knows no type of Node's there.
import { execFile } from 'node:child_process'
import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/**
 * Writes `esm` and `cjs`, each with its `index.js` and declarations.
 *
 * @param {string} folder
 * @throws {Error} with what the compiler or the bundler says
 */
export async function bundleClientKit(folder) {
  rmSync(folder, { recursive: true, force: true })
  const compile = promisify(execFile)(
    process.execPath,
    [
      'node_modules/typescript-7/bin/tsc',
      '--project',
      'libs/client/tsconfig.json',
      '--emitDeclarationOnly',
      '--outDir',
      join(folder, 'esm'),
    ],
    { cwd: root },
  )
  const bundle = (format) =>
    build({
      absWorkingDir: root,
      entryPoints: ['libs/client/src/index.ts'],
      outfile: join(folder, format, 'index.js'),
      bundle: true,
      platform: 'neutral',
      format,
      target: 'es2022',
      tsconfigRaw: {},
      logLevel: 'silent',
    })
  await Promise.all([compile, bundle('esm'), bundle('cjs')])
  // The same declarations mean the other kind of module where the file below says so.
  cpSync(join(folder, 'esm'), join(folder, 'cjs'), {
    recursive: true,
    filter: (path) => !path.endsWith('.js'),
  })
  writeFileSync(join(folder, 'cjs', 'package.json'), '{ "type": "commonjs" }\n')
}
