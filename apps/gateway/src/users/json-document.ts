/**
 * One JSON object, written piece by piece: a member that comes in pages is an array of all their items, and no more of it
 * than a page is held. Dates are ISO 8601, as `JSON.stringify` has them.
 */
export async function* jsonDocument(
  members: Record<string, object | string | AsyncIterable<object[]>>,
): AsyncGenerator<string> {
  let before = '{'
  for (const [name, value] of Object.entries(members)) {
    yield `${before}\n${JSON.stringify(name)}: `
    before = ','
    if (typeof value === 'object' && Symbol.asyncIterator in value) yield* jsonArray(value)
    else yield JSON.stringify(value)
  }
  yield before === '{' ? '{}\n' : '\n}\n'
}

async function* jsonArray(pages: AsyncIterable<object[]>): AsyncGenerator<string> {
  let before = '['
  for await (const items of pages) {
    if (items.length === 0) continue
    yield before + items.map((item) => `\n${JSON.stringify(item)}`).join(',')
    before = ','
  }
  yield before === '[' ? '[]' : '\n]'
}
