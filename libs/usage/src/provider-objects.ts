import type { Database } from '@gatehouse/platform'

/**
 * Writes down whose some objects are that a provider keeps under ids of its own. Whoever was written down first stays:
 * an id that comes back in an answer to somebody else is not theirs.
 * @param connection of the gateway to a provider, named so that no two are the same
 */
export async function keepObjects(
  database: Database,
  connection: string,
  objectIds: readonly string[],
  principalId: string,
): Promise<void> {
  await database.client.providerObject.createMany({
    data: objectIds.map((objectId) => ({ connection, objectId, principalId })),
    skipDuplicates: true,
  })
}

/** The connections at which all of some objects are a principal's; none where one of them is somebody else's or unknown. */
export async function connectionsWith(
  database: Database,
  objectIds: readonly string[],
  principalId: string,
): Promise<Set<string>> {
  const wanted = [...new Set(objectIds)]
  const rows = await database.client.providerObject.findMany({
    where: { objectId: { in: wanted }, principalId },
    select: { connection: true },
  })
  const found = new Map<string, number>()
  for (const { connection } of rows) found.set(connection, (found.get(connection) ?? 0) + 1)
  return new Set([...found].filter(([, count]) => count === wanted.length).map(([connection]) => connection))
}
