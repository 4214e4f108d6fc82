/**
 * The ids by which a provider keeps an answer of the Responses API: its own, and those of its items, to which a later
 * request may refer. https://platform.openai.com/docs/api-reference/responses/object
 * @param answer JSON; anything else has none
 */
export const madeIn = (answer: Buffer): string[] => idsOf(parse(answer.toString('utf8')))

function idsOf(answer: unknown): string[] {
  const { id, output } = fieldsOf(answer)
  return [id, ...(Array.isArray(output) ? output.map((item) => fieldsOf(item).id) : [])].filter(isId)
}

/** Of an answer that is too long to be read: its own id, which stands first. */
export function madeAtStart(start: Buffer): string[] {
  return [/^\s*\{\s*"id"\s*:\s*"([\w-]+)"/.exec(start.subarray(0, 400).toString('latin1'))?.[1]].filter(isId)
}

/** Gathers them from a stream as it passes. */
export class MadeInStream {
  /** @param events whole ones, in bytes @returns those that were not told before */
  push(events: Buffer): string[] {
    if (!telling.some((type) => events.includes(type))) return []
    const made: string[] = []
    for (const [, data = ''] of events.toString('latin1').matchAll(/^data: ?(\{.*)$/gm)) {
      if (!telling.some((type) => data.includes(type))) continue
      const { type, response, item } = fieldsOf(parse(data))
      if (type === 'response.created') made.push(...idsOf(response))
      else if (type === 'response.output_item.added') made.push(...idsOf(item))
    }
    return made
  }
}

/** https://platform.openai.com/docs/api-reference/responses-streaming */
const telling = ['response.created', 'response.output_item.added']

const isId = (value: unknown): value is string => typeof value === 'string' && /^[\w-]{1,200}$/.test(value)

const fieldsOf = (value: unknown) =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

function parse(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}
