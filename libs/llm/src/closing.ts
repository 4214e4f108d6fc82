/**
 * The pieces given, with a way to leave that always works: a generator that was never begun would not notice, and one
 * that waits for its next piece would go on waiting.
 */
export function closing<T>(pieces: AsyncGenerator<T>, close: () => void): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => pieces.next(),
      return: async () => {
        close()
        return pieces.return(undefined)
      },
    }),
  }
}
