import type { Variables } from '@gatehouse/contracts'
import type { Provider } from './provider.js'
import { createDemoProvider } from './providers/demo.js'
import { providers } from './providers/index.js'

/** Every provider there is, the demo last; `createModels` has them of itself. For whoever reads what names them. */
export const modelProviders: readonly Provider[] = [...providers, createDemoProvider()]

/** Every variable of every provider, by name, for the platform to parse; their values go to `createModels`. */
export const modelVariables: Variables = Object.assign(
  {},
  ...modelProviders.map((provider) => provider.variables),
)
