import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [react()],
  resolve: {
    alias: {
      '@gatehouse/contracts': fileURLToPath(new URL('../../libs/contracts/src/index.ts', import.meta.url)),
    },
  },
  build: {
    target: 'es2023',
    // A picture inside of a style is one that the policy of the page would have to allow.
    assetsInlineLimit: 0,
    // Beside what is served: by it a test counts what each page loads first.
    manifest: true,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
    // Schemas that nothing uses in the browser are left out, and zod with them.
    rolldownOptions: { treeshake: { moduleSideEffects: (id) => !id.includes('/libs/contracts/') } },
  },
})
