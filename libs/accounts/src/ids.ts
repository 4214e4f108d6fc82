const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
/** What we give: version 7, ordered by time. */
const own = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i
const lowest = '00000000-0000-0000-0000-000000000000'
const highest = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** An id as the database takes it: text that is no UUID becomes one that nothing has, so that it is simply not found. */
export function uuidOrNil(id: string): string {
  return uuid.test(id) ? id.toLowerCase() : lowest
}

/**
 * The ids of the page after a cursor. The row of the cursor may be gone meanwhile: its id still says where to go on. After
 * text that cannot be an id of ours there is nothing, in either order.
 */
export function idsAfter(cursor: string, order: 'asc' | 'desc'): { lt: string } | { gt: string } {
  const known = own.test(cursor)
  return order === 'desc' ? { lt: known ? cursor : lowest } : { gt: known ? cursor : highest }
}
