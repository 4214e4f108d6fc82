// Texts that the code determines and that are kept in the repository: npm run snapshots writes them anew, npm run
// check compares.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
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
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await build({ quiet: true })
  for (const [file, text] of Object.entries(await snapshots())) writeFileSync(file, text)
  process.exit(0)
}
