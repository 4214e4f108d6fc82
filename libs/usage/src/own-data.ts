import { byApiNames, type Database } from '@gatehouse/platform'

/** Rows of one page. */
const pageRows = 500

/** Columns are named one by one: a new one is told only once somebody has thought about it. */
const columns = {
  id: true,
  createdAt: true,
  keyId: true,
  sessionId: true,
  requestId: true,
  endpoint: true,
  provider: true,
  askedModel: true,
  model: true,
  streamed: true,
  status: true,
  finishReason: true,
  inputTokens: true,
  outputTokens: true,
  cachedTokens: true,
  reasoningTokens: true,
  estimated: true,
  cost: true,
  latencyMs: true,
  firstByteMs: true,
  attempts: true,
  errorCode: true,
  errorMessage: true,
  tries: true,
  deletedAt: true,
} as const

/**
 * Every call of a principal that has ended, oldest first, those removed from the history included: their figures are
 * kept. A call whose prompt and answer are kept comes alone, since a prompt may have 20 MiB.
 */
export async function* ownCalls(database: Database, principalId: string): AsyncGenerator<object[]> {
  const { client } = database
  for (let after: string | undefined, found = pageRows; found === pageRows; ) {
    const rows = await client.call.findMany({
      where: { principalId, status: { not: 'open' }, ...(after === undefined ? {} : { id: { gt: after } }) },
      orderBy: { id: 'asc' },
      take: pageRows,
      select: { ...columns, content: { select: { callId: true } } },
    })
    let figures: object[] = []
    for (const { content, ...row } of rows) {
      if (!content) {
        figures.push(byApiNames(row))
        continue
      }
      yield figures
      figures = []
      const said = await client.callContent.findUnique({
        where: { callId: row.id },
        select: { prompt: true, response: true, parameters: true },
      })
      yield [{ ...byApiNames(row), ...said }]
    }
    yield figures
    found = rows.length
    after = rows.at(-1)?.id
  }
}

/** What a principal keeps at providers: under which ids, since the objects themselves are there. */
export async function* ownObjects(database: Database, principalId: string): AsyncGenerator<object[]> {
  for (let skip = 0, found = pageRows; found === pageRows; skip += pageRows) {
    const rows = await database.client.providerObject.findMany({
      where: { principalId },
      orderBy: [{ connection: 'asc' }, { objectId: 'asc' }],
      skip,
      take: pageRows,
    })
    yield rows.map(({ connection, objectId, createdAt }) => byApiNames({ connection, objectId, createdAt }))
    found = rows.length
  }
}
