import { defineConfig } from 'prisma/config'

// `prisma generate` asks for an engine file that it never runs; any existing path satisfies it.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= 'package.json'

export default defineConfig({
  schema: 'prisma/schema',
  migrations: { path: 'prisma/migrations' },
})
