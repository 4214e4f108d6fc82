import type { Values } from '@gatehouse/contracts'
import { oidcIssuer } from './configured-issuer.js'
import { github } from './github.js'
import { google } from './google.js'
import { microsoft } from './microsoft.js'
import type { ProviderContext, SignInProvider, VariableProblem } from './provider.js'

const plugins = [google, microsoft, github, oidcIssuer] as const

/** The environment variables of all sign-in providers. */
export const signInVariables = {
  ...google.variables,
  ...microsoft.variables,
  ...github.variables,
  ...oidcIssuer.variables,
}

/** Their parsed values. */
export type SignInValues = Values<typeof signInVariables>

/** Those that are configured, in the order of the sign-in page. */
export function configuredProviders(values: SignInValues, context: ProviderContext): SignInProvider[] {
  return plugins.map((plugin) => plugin.configure(values, context)).filter((provider) => provider !== null)
}

/**
 * What is wrong with the values taken together; what is wrong with a single one, its schema has said already. Each entry
 * should stop the start.
 */
export function signInProblems(values: SignInValues): VariableProblem[] {
  return oidcIssuer.problems(values)
}
