import { AppError } from '@gatehouse/contracts'

/** A form with a file, of which the model and the wish for a stream are known: RFC 7578. */
export interface WalkedForm {
  model: string | undefined
  /** Bytes of the model's value. */
  modelStart: number
  modelEnd: number
  stream: boolean
  /** The field is there. */
  hasStream: boolean
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
  const form: WalkedForm = { model: undefined, modelStart: 0, modelEnd: 0, stream: false, hasStream: false }
  const first = Buffer.from(`--${boundary}`)
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
    // A boundary behind half of a line break, or within a line, is one to some readers.
    const next = body.indexOf(first, at)
    const end = next - 2
    if (next === -1) throw unreadable('a part has no end')
    if (end < start || body.toString('latin1', end, next) !== '\r\n')
      throw unreadable('its boundary stands where none can be')
    take(form, head, body, start, end)
    at = next + first.length
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
  if (lines.some((line) => !/^[\w!#$%&'*+.^`|~-]+:[^\r\n\0]*$/.test(line)))
    throw unreadable('the head of a part is malformed')
  const disposition = lines.filter((line) => /^content-disposition\s*:/i.test(line))
  const [, name, filename] = dispositionPattern.exec(disposition[0] ?? '') ?? []
  if (disposition.length !== 1 || name === undefined) throw unreadable('a part has not one plain name')
  // Some readers take `model[]` for the first of several.
  const plain = name.replace(/\[.*/s, '').trim().toLowerCase()
  if (plain !== 'model' && plain !== 'stream') return
  if (name !== plain || filename !== undefined || /content-transfer-encoding/i.test(head))
    throw unreadable(`write "${plain}" as a plain field`)
  const value = body.toString('utf8', start, end)
  if (plain === 'stream') {
    if (form.hasStream || (value !== 'true' && value !== 'false'))
      throw unreadable('say once whether to stream, by true or false')
    form.hasStream = true
    form.stream = value === 'true'
  } else if (form.model !== undefined) throw unreadable('name the model once')
  else {
    form.model = value
    form.modelStart = start
    form.modelEnd = end
  }
}

/** RFC 7578 section 4.2. Other parameters, `name*` and escapes are read by some and not by others. */
const dispositionPattern =
  /^content-disposition:[ \t]*form-data;[ \t]*name="([^"\\%]*)"(?:;[ \t]*filename="([^"\\]*)")?[ \t]*$/i

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
