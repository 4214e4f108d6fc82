// Texts that the code determines and that are kept in the repository: npm run snapshots writes them anew, npm run
// check compares.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import wabt from 'wabt'
import { build } from './build.mjs'

/** @returns {Promise<Record<string, string>>} file → text */
export async function snapshots() {
  const { describeApi } = await import('../dist/apps/gateway/src/openapi.js')
  const { sections } = await import('../dist/apps/gateway/src/config.js')
  const { routingSchema } = await import('../dist/apps/gateway/src/routing/file-schema.js')
  const { renderExample } = await import('../dist/libs/platform/src/index.js')
  return {
    'docs/openapi.json': `${JSON.stringify(await describeApi(), null, 2)}\n`,
    '.env.example': renderExample(sections),
    'docs/gatehouse.schema.json': `${JSON.stringify(routingSchema(), null, 2)}\n`,
    [plainText]: await assembled('apps/gateway/src/openai/plain-text.wat'),
  }
}

const plainText = 'apps/gateway/src/openai/plain-text.wasm.ts'

/** A module of WebAssembly as a text that a module of ours can load from anywhere. */
async function assembled(path) {
  const { parseWat } = await wabt()
  const { buffer } = parseWat(path, readFileSync(path, 'utf8'), { simd: true }).toBinary({})
  const lines = Buffer.from(buffer)
    .toString('base64')
    .match(/.{1,90}/g)
    .map((line) => `  '${line}'`)
  return `/** ${path.split('/').at(-1)}, assembled by npm run snapshots. */\nexport const plainTextModule =\n${lines.join(' +\n')}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await build({ quiet: true })
  for (const [file, text] of Object.entries(await snapshots())) writeFileSync(file, text)
  process.exit(0)
}
