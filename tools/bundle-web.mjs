// The web app, as files that the gateway serves: each with its compressed forms beside it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build } from 'vite'

/**
 * @param {string} root folder of the app's sources
 * @param {string} folder where the built app goes
 */
export async function bundleWeb(root, folder) {
  const { NODE_ENV } = process.env
  // Whatever the gateway is to be: a page with React's own checks in it is slow, and half as large again.
  process.env.NODE_ENV = 'production'
  try {
    await build({
      root,
      configFile: join(root, 'vite.config.ts'),
      logLevel: 'warn',
      build: { outDir: folder, emptyOutDir: true },
    })
  } finally {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = NODE_ENV
  }
  const assets = join(folder, 'assets')
  for (const name of readdirSync(assets).filter((file) => /\.(js|css|svg)$/.test(file))) {
    const bytes = readFileSync(join(assets, name))
    const brotli = {
      params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }
    writeFileSync(join(assets, `${name}.br`), brotliCompressSync(bytes, brotli))
    writeFileSync(join(assets, `${name}.gz`), gzipSync(bytes, { level: 9 }))
  }
}
