import type { CallEnd, OpenCall, SpoolRecord } from './record.js'

/** A record as JSON, in the columns of the database. */
export interface RecordText {
  id: string
  principalId: string
  /** `unknown`: ended by whoever found it without an end. */
  kind: 'open' | 'unknown' | 'ended'
  /** Its row of `Call`, one flat object; of a call that runs, what is known at its beginning. */
  row: string
  /** Its row of `CallContent`; null where nothing was said. */
  contentRow: string | null
}

/**
 * @param callText the call, where `textOfCall` has made a text of it already
 * @returns the record with U+FFFD in place of what Postgres refuses
 */
export function textOf({ call, end }: SpoolRecord, callText = textOfCall(call)): RecordText {
  const { id, principalId, createdAt } = call
  if (!end) return { id, principalId, kind: 'open', row: callText, contentRow: null }
  const kind = end.status === 'unknown' ? 'unknown' : 'ended'
  const { content, ...columns } = end
  const row = `${callText.slice(0, -1)},${storable(columns).slice(1)}`
  const contentRow = content && `{"callId":"${id}","createdAt":"${createdAt}",${storable(content).slice(1)}`
  return { id, principalId, kind, row, contentRow }
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
