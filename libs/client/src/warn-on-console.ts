/** A kit in somebody else's program has no logger; this one is used with `onTokenError: 'continue'` alone. */
export function warnOnConsole(message: string): void {
  console.warn(message)
}
