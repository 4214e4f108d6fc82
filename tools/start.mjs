// npm start: builds what is stale, then becomes the gateway. One process, so that a signal reaches the gateway itself.
import { build } from './build.mjs'

// What comes after that is for other programs.
await build({ quiet: false, upTo: 'database template' })
await import('../dist/apps/gateway/src/main.js')
