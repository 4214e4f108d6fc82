let isSmall = false

/**
 * Keeps the process small under load, for no CPU time that could be measured:
 * - The young generation stays as it begins: what a relay makes is dead within a request, and a larger one only keeps
 *   more of it.
 * - Nothing is compiled by the compiler in the middle (Maglev). What is hot goes to the last one soon enough, and what the
 *   one in between takes while it works is never given back: 15 MB.
 *
 * To be called with the first request: the module that sets flags is 3 MB itself, which an idle sidecar does without.
 */
export function keepMemorySmall(): void {
  if (isSmall) return
  isSmall = true
  const { setFlagsFromString } = process.getBuiltinModule('node:v8')
  setFlagsFromString('--semi-space-growth-factor=1')
  setFlagsFromString('--no-maglev')
}
