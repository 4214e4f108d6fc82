import { AppError } from '@gatehouse/contracts'
import { maxValues, parseJson } from '../http/json-body.js'
import { JsonWalk, maxDepth } from './json-walk.js'
import { referredObjects } from './referred-objects.js'
import { maxWeight, type WalkedBody, walkBody } from './request-walk.js'

/** A body, walked; one that two parsers could read in two ways is parsed and written anew first. */
export function readBody(given: Buffer): { bytes: Buffer; walked: WalkedBody } {
  const walked = walkBody(given)
  if (typeof walked !== 'string') return { bytes: given, walked }
  if (walked === 'deep')
    throw new AppError('invalid_json', { message: `The body is nested deeper than ${maxDepth} levels.` })
  if (walked === 'many')
    throw new AppError('invalid_json', {
      message: `The body holds more than ${maxValues} values, of which five numbers count as one.`,
    })
  const parsed = parseJson(given)
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new AppError('invalid_json', { message: 'The body must be a JSON object.' })
  }
  const { stream } = parsed as { stream?: unknown }
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean')
    throw new AppError('invalid_request', { param: 'stream', message: '"stream" must be true or false.' })
  const bytes = Buffer.from(JSON.stringify(parsed))
  const again = walkBody(bytes)
  if (typeof again !== 'string') return { bytes, walked: again }
  throw new AppError('invalid_request', {
    param: 'model',
    message: 'Name the model once, as a text, in a field spelled "model"; the same holds for "stream".',
  })
}

/** A body, with the ids in it of what the provider keeps. */
export interface Referring {
  bytes: Buffer
  walked: WalkedBody
  refers: readonly string[]
}

/**
 * What a body refers to, see `referredObjects`. One that may refer to anything is written anew: what is checked is what
 * the provider reads, also where a name stands twice or is spelled with escapes.
 * @param look `items`: items of earlier answers may be named by their ids alone; `anew`: written anew in any case
 */
export function withReferences(
  read: { bytes: Buffer; walked: WalkedBody },
  look: { items: boolean; anew: boolean },
): Referring {
  const { mayRefer, hasIds } = read.walked
  if (!mayRefer && !(look.items && hasIds) && !look.anew) return { ...read, refers: [] }
  const parsed = JSON.parse(read.bytes.toString('utf8')) as Record<string, unknown>
  return { ...readBody(Buffer.from(JSON.stringify(parsed))), refers: referredObjects(parsed) }
}

/** Whether a name comes twice at the top level of a JSON object: parsers disagree on which of the two holds. */
export function namesTwice(body: Buffer): boolean {
  const names = new NamesWalk(body, maxWeight).read()
  return new Set(names).size < names.length
}

class NamesWalk extends JsonWalk {
  private readonly names: string[] = []

  read(): string[] {
    this.walk()
    return this.names
  }

  protected override name(start: number, end: number): number {
    const name = Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, end - start).toString('utf8')
    this.names.push(this.escaped ? (JSON.parse(`"${name}"`) as string) : name)
    return 0
  }

  protected override member(): boolean {
    return true
  }
}

const asksUsageFirst = Buffer.from('"stream_options":{"include_usage":true},')

/** A body as the provider takes it. */
export interface Rewritten {
  /** In its order; what is unchanged is not copied. */
  body: Buffer[]
  /** The caller asked for the usage of a stream. */
  wantsUsage: boolean
}

/**
 * Puts the provider's own name of the model in; everything else stays as it came, byte for byte.
 * @param asksUsage the usage of a stream is asked for, whatever the caller does: OpenAI's `stream_options`
 */
export function rewriteBody(bytes: Buffer, walked: WalkedBody, model: string, asksUsage: boolean): Rewritten {
  const streams = walked.stream && asksUsage
  if (streams && walked.hasStreamOptions) {
    const parsed = JSON.parse(bytes.toString('utf8')) as {
      stream_options?: { include_usage?: unknown } | null
    }
    const wantsUsage = parsed.stream_options?.include_usage === true
    const body = { ...parsed, model, stream_options: { ...parsed.stream_options, include_usage: true } }
    return { body: [Buffer.from(JSON.stringify(body))], wantsUsage }
  }
  const { bodyStart, modelStart, modelEnd } = walked
  const name = nameOf(model)
  const rest = bytes.subarray(modelEnd)
  if (!streams) return { body: [bytes.subarray(0, modelStart), name, rest], wantsUsage: false }
  const body = [
    bytes.subarray(0, bodyStart),
    asksUsageFirst,
    bytes.subarray(bodyStart, modelStart),
    name,
    rest,
  ]
  return { body, wantsUsage: false }
}

/** Names as they are written, kept for the next call: the same few come again and again. */
const names = new Map<string, Buffer>()
const maxNames = 1000

function nameOf(model: string): Buffer {
  let name = names.get(model)
  if (!name) {
    name = Buffer.from(JSON.stringify(model))
    if (names.size < maxNames) names.set(model, name)
  }
  return name
}

/** The body in the inner language, without what the pipeline decides. */
export function requestIn(bytes: Buffer): Record<string, unknown> {
  const {
    model: _model,
    stream: _stream,
    stream_options: _options,
    ...rest
  } = JSON.parse(bytes.toString('utf8'))
  return rest
}

/** Whether `stream_options` asks for the usage. */
export function asksForUsage(bytes: Buffer): boolean {
  const { stream_options: options } = JSON.parse(bytes.toString('utf8')) as {
    stream_options?: { include_usage?: unknown } | null
  }
  return options?.include_usage === true
}
