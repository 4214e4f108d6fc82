import type { Values, Variables } from '@gatehouse/contracts'

/** A variable that stops the start: one line that names it, what is wrong and how to mend it. Holds no secret. */
export class ConfigError extends Error {
  readonly variable: string

  constructor(variable: string, problem: string, cause?: unknown) {
    super(`${variable}: ${problem}`, { cause })
    this.name = 'ConfigError'
    this.variable = variable
  }
}

/**
 * Reads variables from an environment (blank ones left out by `readEnvironment`).
 * @throws ConfigError for the first variable whose text its schema refuses; the text itself is shown only where the
 * variable is not a secret.
 */
export function parseVariables<V extends Variables>(
  variables: V,
  environment: Record<string, string>,
): Values<V> {
  const values: Record<string, unknown> = {}
  for (const [name, variable] of Object.entries(variables)) {
    const given = environment[name]
    const result = variable.schema.safeParse(given)
    if (!result.success) {
      const shown = given === undefined || variable.secret ? '' : ` (is "${given.slice(0, 100)}")`
      throw new ConfigError(name, `${result.error.issues[0]?.message ?? 'is not valid'}${shown}`)
    }
    values[name] = result.data
  }
  return values as Values<V>
}
