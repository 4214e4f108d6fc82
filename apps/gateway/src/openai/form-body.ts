import { AppError } from '@gatehouse/contracts'

/** A form with a file, of which the model and the wish for a stream are known: RFC 7578. */
export interface WalkedForm {
  model: string | undefined
  /** Bytes of the model's value. */
  modelStart: number
  modelEnd: number
  stream: boolean
}

/** Parts that a form may have, and bytes that the head of each may. */
const maxParts = 200
const maxPartHead = 8 << 10

/**
 * Finds what decides over a call in a form. As with JSON, a form that two readers could read in two ways is refused:
 * the model that is authorised must be the one that the provider obeys.
 * @throws AppError `invalid_request`
 */
export function walkForm(body: Buffer, contentType: string): WalkedForm {
  const boundary = boundaryOf(contentType)
  const form: WalkedForm = { model: undefined, modelStart: 0, modelEnd: 0, stream: false }
  const first = Buffer.from(`--${boundary}`)
  const between = Buffer.from(`\r\n--${boundary}`)
  if (!body.subarray(0, first.length).equals(first)) throw unreadable('it does not begin with its boundary')
  let at = first.length
  for (let parts = 0; parts <= maxParts; parts++) {
    const mark = body.toString('latin1', at, at + 2)
    if (mark === '--') {
      // Behind the last boundary stands nothing; there are readers that would go on.
      if (body.toString('latin1', at + 2).trim() !== '') throw unreadable('something follows its end')
      return form
    }
    if (mark !== '\r\n') throw unreadable('a boundary is followed by something else')
    const headEnd = body.indexOf('\r\n\r\n', at)
    if (headEnd === -1 || headEnd - at > maxPartHead) throw unreadable('a part has no end of its head')
    const head = body.toString('latin1', at + 2, headEnd)
    const start = headEnd + 4
    const end = body.indexOf(between, start)
    if (end === -1) throw unreadable('a part has no end')
    take(form, head, body, start, end)
    at = end + between.length
  }
  throw unreadable(`it has more than ${maxParts} parts`)
}

/** The form with the provider's own name of the model in place of the caller's. */
export function rewriteForm(body: Buffer, { modelStart, modelEnd }: WalkedForm, model: string): Buffer {
  return Buffer.concat([body.subarray(0, modelStart), Buffer.from(model), body.subarray(modelEnd)])
}

function take(form: WalkedForm, head: string, body: Buffer, start: number, end: number): void {
  const lines = head.split('\r\n')
  // A line that is folded, or ended by half of a line break, is another one for another reader.
  if (lines.some((line) => /^[ \t]|[\r\n\0]/.test(line))) throw unreadable('the head of a part is malformed')
  const disposition = lines.filter((line) => /^content-disposition\s*:/i.test(line))
  const names = [...(disposition[0] ?? '').matchAll(/;\s*name(\*?)\s*=\s*(?:"([^"]*)")?/gi)]
  const [, extended, name] = names[0] ?? []
  if (disposition.length !== 1 || names.length !== 1 || extended || name === undefined)
    throw unreadable('a part has not one name')
  const plain = name.trim().toLowerCase()
  if (plain !== 'model' && plain !== 'stream') return
  if (name !== plain || /filename/i.test(head) || /content-transfer-encoding/i.test(head))
    throw unreadable(`write "${plain}" as a plain field`)
  const value = body.toString('utf8', start, end)
  if (plain === 'stream') form.stream = value === 'true'
  else if (form.model !== undefined) throw unreadable('name the model once')
  else {
    form.model = value
    form.modelStart = start
    form.modelEnd = end
  }
}

/** RFC 2046 section 5.1.1. */
function boundaryOf(contentType: string): string {
  const matches = [...contentType.matchAll(/;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70})(?=$|[\s;]))/gi)]
  const boundary = matches[0]?.[1] ?? matches[0]?.[2]
  if (boundary === undefined || contentType.match(/boundary/gi)?.length !== 1)
    throw unreadable('its content type names not one boundary')
  return boundary
}

function unreadable(why: string): AppError {
  return new AppError('invalid_request', { message: `The form cannot be read: ${why}.` })
}
