import type { CallEnd, OpenCall, SpoolRecord } from './record.js'

/**
 * A record as JSON, in the pieces of which the spool makes a line and the writer a row: every call is made a text of
 * once, and what waits for the database waits as texts, which cost the garbage collector nearly nothing.
 */
export class RecordText {
  constructor(
    readonly id: string,
    readonly principalId: string,
    private readonly createdAt: string,
    /** `unknown`: ended by whoever found it without an end. */
    readonly kind: 'open' | 'unknown' | 'ended',
    private readonly call: string,
    private readonly end: string | null,
    /** What was said. */
    private readonly said: string | null,
  ) {}

  get hasContent(): boolean {
    return this.said !== null
  }

  /** All of it, as one line of the spool holds it. */
  get json(): string {
    const { call, end, said } = this
    if (end === null) return `{"call":${call},"end":null}`
    return `{"call":${call},"end":${said === null ? end : `${end.slice(0, -1)},"content":${said}}`}}`
  }

  /** Its row of `Call`: one flat object, without what was said. */
  get row(): string {
    const { call, end } = this
    return end === null ? call : `${call.slice(0, -1)},${end.slice(1)}`
  }

  /** Its row of `CallContent`; null where nothing was said. */
  get contentRow(): string | null {
    const { id, createdAt, said } = this
    return said && `{"callId":"${id}","createdAt":"${createdAt}",${said.slice(1)}`
  }

  withoutContent(): RecordText {
    const { id, principalId, createdAt, kind, call, end } = this
    return new RecordText(
      id,
      principalId,
      createdAt,
      kind,
      call,
      end && `${end.slice(0, -1)},"content":null}`,
      null,
    )
  }
}

/**
 * @param callText the call, where `textOfCall` has made a text of it already
 * @returns the record with U+FFFD in place of what Postgres refuses
 */
export function textOf({ call, end }: SpoolRecord, callText = textOfCall(call)): RecordText {
  const { id, principalId, createdAt } = call
  if (!end) return new RecordText(id, principalId, createdAt, 'open', callText, null, null)
  const kind = end.status === 'unknown' ? 'unknown' : 'ended'
  const { content } = end
  if (!content) return new RecordText(id, principalId, createdAt, kind, callText, storable(end), null)
  const { content: _said, ...rest } = end
  return new RecordText(id, principalId, createdAt, kind, callText, storable(rest), storable(content))
}

/** A call as `textOf` takes it. */
export const textOfCall = (call: OpenCall): string => storable(call)

/** NUL and lone surrogates as JSON writes them; Postgres takes neither in text. */
const refusedByPostgres = /\\u(?:0000|d[89a-f])/i

function storable(value: OpenCall | Partial<CallEnd> | NonNullable<CallEnd['content']>): string {
  const text = JSON.stringify(value)
  if (!text.includes('\\u') || !refusedByPostgres.test(text)) return text
  return JSON.stringify(value, (_name, each: unknown) => {
    if (typeof each === 'string') return mended(each)
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return each
    // A name is somebody's words as well.
    return Object.fromEntries(Object.entries(each).map(([name, member]) => [mended(name), member]))
  })
}

const mended = (text: string): string => text.toWellFormed().replaceAll('\u0000', '\uFFFD')
