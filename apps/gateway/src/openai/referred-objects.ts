/** Names whose values, or the texts in them, are ids of what the provider keeps; in small letters. */
export const references: ReadonlySet<string> = new Set([
  'previous_response_id',
  'conversation',
  'container',
  'container_id',
  'skill_id',
  'file_id',
  'file_ids',
  'vector_store_id',
  'vector_store_ids',
  'batch_id',
  'thread_id',
  'approval_request_id',
  'prompt',
  'audio',
])
/** Of those, the ones that refer to something by an `id` in them alone: a text is what it says. */
const byIdAlone = new Set(['prompt', 'audio'])
/** Items of a conversation that say all they are, whatever their id. */
const saidInFull = new Set<unknown>(['message', 'function_call', 'function_call_output'])

/**
 * The ids in a request of what a provider keeps under its own names: a response to go on from, files, containers, items
 * of earlier answers. At the provider they all belong to the one account of the gateway. Names are read in any case, as
 * some servers do. https://platform.openai.com/docs/api-reference/responses/create
 * @param body a parsed one, at most 64 levels deep
 */
export function referredObjects(body: Record<string, unknown>): string[] {
  const ids: string[] = []
  const collect = (value: unknown): void => {
    if (typeof value === 'string') ids.push(value)
    else if (Array.isArray(value)) value.forEach(collect)
    // A conversation by its id, a container with its files; what is to be made anew has neither.
    else if (isObject(value)) for (const name of ['id', 'file_ids']) valuesOf(value, name).forEach(collect)
  }
  const look = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(look)
    if (!isObject(value)) return
    if (isReference(value)) valuesOf(value, 'id').forEach(collect)
    for (const [name, inner] of Object.entries(value)) {
      const plain = name.toLowerCase()
      if (references.has(plain) && !(byIdAlone.has(plain) && !isObject(inner))) collect(inner)
      if (!references.has(plain) || isObject(inner)) look(inner)
    }
  }
  // What is left out of an item is filled in from what is kept: an image, a reasoning.
  for (const items of valuesOf(body, 'input'))
    for (const item of Array.isArray(items) ? items : [])
      if (isObject(item) && !valuesOf(item, 'type').every((type) => saidInFull.has(type)))
        valuesOf(item, 'id').forEach(collect)
  look(body)
  return [...new Set(ids)]
}

/** An item of an earlier answer, named by its id alone: its type is optional. */
function isReference(value: Record<string, unknown>): boolean {
  const types = valuesOf(value, 'type')
  if (types.some((type) => typeof type === 'string' && type.toLowerCase() === 'item_reference')) return true
  const saysNothing = ['content', 'role', 'function', 'name'].every(
    (name) => valuesOf(value, name).length === 0,
  )
  return types.every((type) => type === null) && saysNothing && valuesOf(value, 'id').some(isText)
}

/** What stands under a name, in whatever case it is written. */
const valuesOf = (value: Record<string, unknown>, name: string): unknown[] =>
  Object.entries(value).flatMap(([key, inner]) => (key.toLowerCase() === name ? [inner] : []))

const isText = (value: unknown) => typeof value === 'string'

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
