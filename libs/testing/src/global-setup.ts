import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { existingPostgres, type PostgresServer, postgresMissing, startPostgres } from './postgres.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/**
 * Once per test run: the database client and the embedded database's template, where they are missing, and a Postgres
 * server with a migrated template. `TEST_POSTGRES_URL`, a superuser's, names a server to use in place of our own.
 *
 * @returns what cleans up
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (!existsSync(join(root, 'libs/platform/src/database/generated/client.ts')))
    execFileSync(process.execPath, [join(root, 'node_modules/prisma/build/index.js'), 'generate'], {
      cwd: root,
    })
  const { makeTemplate, openDatabase } = await import('@gatehouse/platform')
  await makeTemplate(join(root, 'prisma/migrations'))

  const address = process.env.TEST_POSTGRES_URL
  const missing = address ? undefined : postgresMissing()
  if (missing !== undefined) {
    project.provide('postgres', { missing })
    return async () => {}
  }
  const server: PostgresServer = address ? existingPostgres(address) : await startPostgres()
  const template = await server.createDatabase()
  await (await openDatabase({ url: server.url(template), dataDir: tmpdir() })).close()
  project.provide('postgres', { url: server.url(), template })
  return async () => {
    await server.dropDatabase(template)
    await server.remove()
  }
}
