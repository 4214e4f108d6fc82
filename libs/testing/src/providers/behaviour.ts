/** Tokens as a stand-in counts them. */
export interface StandInUsage {
  input: number
  output: number
  cached?: number
  reasoning?: number
}

/** A tool that a stand-in calls. `signature` where the vendor signs a call. */
export interface StandInCall {
  id: string
  name: string
  arguments: Record<string, unknown>
  signature?: string
}

/** What a stand-in thinks before it speaks. `encrypted`: in place of the words, for its vendor alone. */
export interface StandInThought {
  text: string
  signature?: string
  encrypted?: string
}

/** What a stand-in does with one request. Nothing given: it answers. */
export interface Behaviour {
  /** What it says; nothing unless told, where it calls tools. */
  text?: string
  /** Before its words. */
  thoughts?: StandInThought[]
  /** After its words. */
  calls?: StandInCall[]
  finish?: 'stop' | 'length' | 'content_filter'
  usage?: StandInUsage
  /** Milliseconds before the head, and before each piece of a stream. */
  headDelayMs?: number
  pieceDelayMs?: number
  /** The head waits for it. */
  headAfter?: Promise<unknown>
  /** Refuses in the vendor's own shape. `echoHeaders`: the message repeats every header of the request. */
  refuse?: {
    status: number
    message?: string
    code?: string
    headers?: Record<string, string>
    echoHeaders?: boolean
  }
  /** Answers anything at all: HTML, a redirect, half a JSON text. */
  answer?: { status: number; headers?: Record<string, string>; body?: string }
  /** Takes the request and says nothing. */
  hang?: boolean
  /** After this many pieces of a stream (0: after the head) … */
  after?: number
  /** … silence, a reset, a socket closed inside the body, an orderly end without the end mark, or an error in the stream. */
  breakBy?: 'stall' | 'reset' | 'cut' | 'end' | 'error'
  /** Writes the body so many bytes at a time. */
  sliceBytes?: number
}

/** Behaviours by the name of the model, so that a caller who only chooses a model can ask for them. */
export const behaviourByModel: ReadonlyMap<string, Behaviour> = new Map<string, Behaviour>([
  ['slow', { pieceDelayMs: 100 }],
  ['slow-head', { headDelayMs: 1_000 }],
  ['hang', { hang: true }],
  ['stall', { after: 2, breakBy: 'stall' }],
  ['reset', { after: 2, breakBy: 'reset' }],
  ['cut', { after: 2, breakBy: 'cut' }],
  ['truncated', { after: 2, breakBy: 'end' }],
  ['in-stream-error', { after: 2, breakBy: 'error' }],
  ['length', { finish: 'length' }],
  ['filtered', { finish: 'content_filter' }],
  ['bytes', { sliceBytes: 1 }],
  ['error-400', { refuse: { status: 400 } }],
  ['error-401', { refuse: { status: 401 } }],
  ['error-404', { refuse: { status: 404 } }],
  ['error-429', { refuse: { status: 429, headers: { 'retry-after': '2' } } }],
  ['error-500', { refuse: { status: 500 } }],
  ['html', { answer: { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>hello</html>' } }],
  ['redirect', { answer: { status: 307, headers: { location: '/elsewhere' } } }],
])

/** What a stand-in says unless told otherwise: characters of one to four bytes, and one made of several. */
export const defaultText = 'Hello, world! Grüße aus der Küche – 你好 👋🏽'

/** What it counts unless told otherwise. */
export const defaultUsage: StandInUsage = { input: 12, output: 9, cached: 4, reasoning: 3 }
