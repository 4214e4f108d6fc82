// npm start: builds what is stale, then becomes the gateway. One process, so that a signal reaches the gateway itself.
import { build } from './build.mjs'

await build({ quiet: false })
await import('../dist/apps/gateway/src/main.js')
