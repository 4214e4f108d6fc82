/**
 * How this library goes out: the shape of the global `fetch`, given by the caller. Whatever is passed must never follow a
 * redirect by itself; every answer with a 3xx status is treated as an outage here.
 */
export type Fetch = (input: string | URL, init?: RequestInit) => Promise<Response>

/** Milliseconds since the epoch; `Date.now` unless a test says otherwise. */
export type Clock = () => number
