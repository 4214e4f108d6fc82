// npm run test:keycloak: deploy/keycloak/realm.json in a real Keycloak, and the gateway behind it, asked as an operator
// asks them. Takes a minute, 180 MB the first time, and a Java; without one it says so and is skipped.
import { spawnSync } from 'node:child_process'
import { build } from './build.mjs'
import { keycloakHome } from './keycloak.mjs'

const keycloak = await keycloakHome()
if ('missing' in keycloak) {
  console.log(`skipped: the realm in a real Keycloak: ${keycloak.missing}`)
  process.exit(0)
}
await build({ quiet: true })
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.keycloak.config.mts'],
  { stdio: 'inherit', env: { ...process.env, KEYCLOAK_HOME: keycloak.home } },
)
process.exit(status ?? 1)
