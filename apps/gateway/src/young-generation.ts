import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

/**
 * Keeps V8's young generation as small as it begins: what is loaded at a start stays, and would only make it larger. Then
 * lets it grow once, to so many bytes: by itself it takes three times 32 MiB under load, and gives little of it back. A
 * limit can only be told to a process that starts; the factor by which it grows can be told at any time.
 * @returns to be called once all is loaded
 */
export function limitYoungGeneration(bytes: number): () => void {
  growBy(1)
  return () => {
    growBy(bytes / beginning)
    const observer = new PerformanceObserver(() => {
      if (youngBytes() < bytes) return
      growBy(1)
      observer.disconnect()
    })
    observer.observe({ entryTypes: ['gc'] })
  }
}

/** Bytes with which V8 begins. */
const beginning = 1 << 20

const growBy = (factor: number) => setFlagsFromString(`--semi-space-growth-factor=${factor}`)

const youngBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? Infinity
