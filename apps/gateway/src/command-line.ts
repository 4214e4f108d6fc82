const help = `Gatehouse, a gateway to language models.

Usage: node dist/apps/gateway/src/main.js [--help | --version]

It takes no other arguments. All settings are environment variables, which .env may hold as well;
.env.example says what each of them does. Providers, aliases and issuers can stand in gatehouse.yaml.`

/**
 * What to answer, and to end with, instead of a start; null where a gateway is to be started. What was given is not
 * repeated: it may be a secret that was meant for a variable.
 * @param args those behind the program
 */
export function answerTo(
  args: readonly string[],
  version: () => string,
): { text: string; code: 0 | 2 } | null {
  if (args.length === 0) return null
  const [only] = args
  if (args.length === 1 && only === '--help') return { text: help, code: 0 }
  if (args.length === 1 && only === '--version') return { text: version(), code: 0 }
  return {
    text: 'Gatehouse takes no arguments but --help and --version; its settings are environment variables.',
    code: 2,
  }
}
