import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    include: ['{apps,libs,tools}/**/*.{spec,e2e-spec}.ts'],
    globalSetup: ['libs/testing/src/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // As long as a busy machine may take; what comes true sooner is not waited for.
    expect: { poll: { timeout: 15_000 } },
    maxWorkers: 2,
  },
})
