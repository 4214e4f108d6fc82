import { defineConfig } from 'vitest/config'

// Apart from `npm test`: it needs a Java and Keycloak's distribution, which tools/test-keycloak.mjs finds.
export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    include: ['apps/gateway/test/keycloak/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 300_000,
  },
})
