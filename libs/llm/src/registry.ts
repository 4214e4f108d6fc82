import type { Variables } from '@gatehouse/contracts'
import { createDemoProvider } from './providers/demo.js'
import { providers } from './providers/index.js'

/** Every variable of every provider, by name, for the platform to parse; their values go to `createModels`. */
export const modelVariables: Variables = Object.assign(
  {},
  ...[...providers, createDemoProvider()].map((provider) => provider.variables),
)
