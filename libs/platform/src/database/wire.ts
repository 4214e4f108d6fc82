/** What the main thread tells the database's thread. Streams are numbered by the main thread, from 1. */
export type ToThread =
  | { kind: 'open'; stream: number }
  | { kind: 'data'; stream: number; bytes: Uint8Array }
  | { kind: 'end'; stream: number }
  | { kind: 'stop' }

/** What the database's thread answers. `failed` comes once at most and is the last message. */
export type FromThread =
  | { kind: 'started' }
  | { kind: 'data'; stream: number; bytes: Uint8Array }
  | { kind: 'end'; stream: number }
  | { kind: 'stopped' }
  | { kind: 'failed'; message: string }

/** `folder` null: a database in memory that ends with its thread. */
export interface ThreadStart {
  folder: string | null
}
