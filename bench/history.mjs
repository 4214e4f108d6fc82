// npm run bench:history: how long the pages of the web app wait for the database, with a million calls in it and
// 100,000 people. On the Postgres server of TEST_POSTGRES_URL (a database is made there, and dropped), else on a throwaway
// one where its binaries are installed. Fails where a page takes longer than its limit.
//   --calls N (1000000)  --people N (100000)  --rounds N (30)
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { build } from '../tools/build.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '1000000' },
    people: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '30' },
  },
})
const [calls, people, rounds] = [values.calls, values.people, values.rounds].map(Number)

await build({ quiet: true, only: 'gateway' })
const library = (path) => import(pathToFileURL(join(root, 'dist/libs', path)).href)
const { connectDatabase } = await library('platform/src/index.js')
const { createCallLog } = await library('usage/src/index.js')
const { createAccounts } = await library('accounts/src/index.js')
const { AdminUserQuery, AdminUsageOverviewQuery, AuditQuery, HistoryQuery, UsageOverviewQuery } =
  await library('contracts/src/index.js')
const { startPostgres, existingPostgres } = await import('../libs/testing/src/postgres.ts')

const address = process.env.TEST_POSTGRES_URL?.trim()
const server = address ? existingPostgres(address) : await startPostgres()
const name = `gatehouse_bench_${randomUUID().slice(0, 8)}`
await server.createDatabase({ name })
const url = server.url(name)
const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))
const database = connectDatabase({ url, dataDir })
let log
let accounts
try {
  await database.ready
  const seeded = await seed()
  log = createCallLog({ database, dataDir, contentRetentionDays: 3650, firstHousekeepingMs: 86_400_000 })
  accounts = createAccounts({ database, policy: { adminEmails: [], allowedDomains: [] } })
  await measure(seeded)
} finally {
  await log?.close()
  await accounts?.close()
  await database.close()
  await server.dropDatabase(name)
  if (!address) await server.remove()
  rmSync(dataDir, { recursive: true, force: true })
}
process.exit()

/** Fills the database: calls over 12 months, a fifth of all by one person, the others by 500 more and a service account. */
async function seed() {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const run = async (text, ...parameters) => {
    const beganAt = performance.now()
    const { rows } = await client.query(text, parameters)
    process.stderr.write(
      `${text.trim().slice(0, 40).replace(/\s+/g, ' ')}… ${Math.round(performance.now() - beganAt)} ms\n`,
    )
    return rows
  }
  await client.query(`
    CREATE FUNCTION pg_temp.id_at(ms bigint, seed text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
      SELECT (lpad(to_hex(ms), 12, '0') || '7' || substr(md5(seed), 1, 3) || '8' || substr(md5(seed), 4, 15))::uuid $$`)
  const end = Date.now() - 60_000
  const begin = end - 365 * 86_400_000
  await run(
    `INSERT INTO "Principal" ("id", "kind", "name", "email", "roles", "createdAt")
     SELECT pg_temp.id_at($1::bigint + i * 1000, 'p' || i), CASE WHEN i % 1000 = 999 THEN 'service' ELSE 'user' END,
       'Person ' || substr(md5('n' || i), 1, 8), 'person.' || i || '@' || substr(md5('d' || i % 50), 1, 6) || '.example.com',
       '{member}', to_timestamp(($1::bigint + i * 1000) / 1000.0)
     FROM generate_series(0, $2::int - 1) AS i`,
    begin - people * 1000,
    people,
  )
  await run(
    `INSERT INTO "Identity" ("id", "principalId", "provider", "issuer", "subject", "email", "emailVerified")
     SELECT pg_temp.id_at($1::bigint + i * 1000, 'i' || i), pg_temp.id_at($1::bigint + i * 1000, 'p' || i), 'google',
       'https://accounts.google.com', 'subject-' || md5('s' || i), 'person.' || i || '@' || substr(md5('d' || i % 50), 1, 6) || '.example.com', true
     FROM generate_series(0, $2::int - 1) AS i`,
    begin - people * 1000,
    people,
  )
  await run(
    `INSERT INTO "ApiKey" ("id", "principalId", "name", "hash", "prefix", "expiresAt")
     SELECT pg_temp.id_at($1::bigint + i, 'k' || i), pg_temp.id_at($2::bigint + (i % 500) * 1000, 'p' || (i % 500)), 'key ' || i,
       md5('h' || i), 'gh_' || substr(md5('h' || i), 1, 7), now() + interval '100 days'
     FROM generate_series(0, 1499) AS i`,
    begin,
    begin - people * 1000,
  )
  // Who calls: person 0 a fifth, the service account 999 a tenth, 500 people the rest; eight calls in a row, since people
  // work for a while, and each with three models.
  await run(
    `INSERT INTO "Call" ("id", "createdAt", "principalId", "principalKind", "keyId", "requestId", "endpoint", "provider",
       "connection", "askedModel", "model", "streamed", "status", "finishReason", "inputTokens", "outputTokens", "cost",
       "latencyMs", "firstByteMs", "attempts", "errorCode", "errorMessage", "tries")
     SELECT pg_temp.id_at(ms, 'c' || i), to_timestamp(ms / 1000.0), pg_temp.id_at($3::bigint + who * 1000, 'p' || who),
       CASE WHEN who = 999 THEN 'service' ELSE 'user' END,
       CASE WHEN i % 2 = 0 AND who < 500 THEN pg_temp.id_at($1::bigint + who, 'k' || who) END,
       'req_' || md5('r' || i), CASE WHEN i % 3 = 0 THEN '/api/v1/llm/call' ELSE '/v1/chat/completions' END,
       (ARRAY['openai', 'anthropic', 'google', 'azure', 'mistral'])[1 + model % 5], 'default',
       'asked-' || model, 'model-' || model, i % 2 = 1,
       CASE WHEN i % 40 = 0 THEN 'error' WHEN i % 101 = 0 THEN 'aborted' ELSE 'success' END, 'stop', 200 + i % 3000, 50 + i % 900,
       CASE WHEN model = 19 THEN NULL ELSE (i % 100000) / 10000000.0 END, 300 + i % 5000, 100 + i % 900, 1,
       CASE WHEN i % 40 = 0 THEN 'provider_error' END, CASE WHEN i % 40 = 0 THEN 'The provider answered 500.' END,
       jsonb_build_array(jsonb_build_object('provider', 'openai', 'connection', 'default', 'model', 'm', 'status', 200,
         'error_code', NULL, 'started_ms', 1, 'duration_ms', 400))
     FROM (
       SELECT i, ms, who, (who * 7 + (i / 4) % 3) % 20 AS model
       FROM (
         SELECT i, $1::bigint + (i::float8 / $4 * ($2::bigint - $1::bigint))::bigint AS ms, CASE WHEN (i / 8) % 5 = 0 THEN 0
           WHEN (i / 8) % 10 = 1 THEN 999 ELSE (hashint4(i / 8) & 1048575) % 500 END AS who
         FROM generate_series(0, $4::int - 1) AS i
       ) AS asked
     ) AS made`,
    begin,
    end,
    begin - people * 1000,
    calls,
  )
  await run(
    `INSERT INTO "UsageHour" SELECT date_trunc('hour', "createdAt", 'UTC'), "principalId",
       coalesce("keyId", '00000000-0000-0000-0000-000000000000'), "provider", "model", count(*),
       count(*) FILTER (WHERE "status" = 'error'), count(*) FILTER (WHERE "status" = 'aborted'),
       count(*) FILTER (WHERE "cost" IS NULL), sum("inputTokens"), sum("outputTokens"), 0, 0, coalesce(sum("cost"), 0),
       sum("latencyMs"), count(*) FROM "Call" GROUP BY 1, 2, 3, 4, 5 ORDER BY 1`,
  )
  await run(
    `INSERT INTO "Audit" ("id", "at", "actorId", "action", "targetKind", "targetId", "requestId", "previous", "hash")
     SELECT pg_temp.id_at($1::bigint + i * 1000, 'a' || i), to_timestamp(($1::bigint + i * 1000) / 1000.0),
       pg_temp.id_at($2::bigint + (i % 500) * 1000, 'p' || (i % 500)), 'sign_in', 'principal',
       pg_temp.id_at($2::bigint + (i % 500) * 1000, 'p' || (i % 500))::text, 'req_a' || i, '', md5('x' || i)
     FROM generate_series(0, 199999) AS i`,
    begin,
    begin - people * 1000,
  )
  await run('VACUUM ANALYZE')
  const [counts] =
    await run(`SELECT (SELECT count(*) FROM "UsageHour")::int AS hours, (SELECT "id"::text FROM "Principal" ORDER BY "id" LIMIT 1) AS heavy,
    (SELECT "id"::text FROM "Principal" ORDER BY "id" OFFSET 42 LIMIT 1) AS usual`)
  const [{ rare }] = await run(
    `SELECT "requestId" AS rare FROM "Call" WHERE "principalId" = $1::uuid ORDER BY "id" OFFSET 10 LIMIT 1`,
    counts.heavy,
  )
  const [{ key }] = await run(
    `SELECT "keyId"::text AS key FROM "Call" WHERE "principalId" = $1::uuid AND "keyId" IS NOT NULL LIMIT 1`,
    counts.heavy,
  )
  await client.end()
  return { ...counts, rare, key, begin, end }
}

async function measure({ hours, heavy, usual, rare, key, begin, end }) {
  const iso = (ms) => new Date(ms).toISOString()
  const day = (ms) => iso(ms).slice(0, 10)
  const history = (query, who = heavy) => log.list(who, HistoryQuery.parse({ limit: '50', ...query }))
  const overview = (days, query = {}) =>
    UsageOverviewQuery.parse({
      from: day(end - days * 86_400_000),
      to: day(end + 86_400_000),
      time_zone: 'Europe/Berlin',
      ...query,
    })
  const ofAll = (days, split) =>
    log.overviewOfAll(AdminUsageOverviewQuery.parse({ ...overview(days), split }))
  const search = (query) => accounts.people.find(AdminUserQuery.parse({ query }))
  const middle = (await history({ to: iso((begin + end) / 2) })).data.at(-1).id
  const random = () => Math.floor(Math.random() * people)
  const table = [
    ['history, first page', 300, () => history({})],
    ['history, first page of somebody usual', 300, () => history({}, usual)],
    ['history, a page deep inside', 300, () => history({ after: middle })],
    ['history, oldest first', 300, () => history({ order: 'asc' })],
    ['history, one provider', 300, () => history({ provider: 'mistral' })],
    ['history, one model', 300, () => history({ model: 'model-1' })],
    ['history, a model that nobody used', 300, () => history({ model: 'none' })],
    ['history, failed calls', 300, () => history({ status: 'error' })],
    ['history, aborted calls', 300, () => history({ status: 'aborted' })],
    ['history, an old request id', 300, () => history({ request_id: rare })],
    ['history, a request id that is none', 300, () => history({ request_id: 'req_none' })],
    ['history, one key', 300, () => history({ key_id: key })],
    ['history, a key that is none', 300, () => history({ key_id: randomUUID() })],
    [
      'history, a day long ago',
      300,
      () => history({ from: iso(begin + 86_400_000), to: iso(begin + 2 * 86_400_000) }),
    ],
    [
      'history, a month by model and status',
      300,
      () => history({ from: iso(end - 30 * 86_400_000), model: 'model-2', status: 'error' }),
    ],
    ['overview, 30 days, own', 500, () => log.overview(heavy, overview(30))],
    ['overview, 12 months, own', 500, () => log.overview(heavy, overview(365))],
    ['overview, 12 months, own, by key', 500, () => log.overview(heavy, overview(365, { split: 'key' }))],
    ['overview, 30 days, everybody', 500, () => ofAll(30, 'model')],
    ['overview, 12 months, everybody, by model', 500, () => ofAll(365, 'model')],
    ['overview, 12 months, everybody, by person', 500, () => ofAll(365, 'principal')],
    ['people, part of an e-mail address', 200, () => search(`person.${random()}@`)],
    ['people, part of a name', 200, () => search('son a1b')],
    ['people, nobody', 200, () => search('nobody-at-all')],
    ['people, first page', 200, () => accounts.people.find(AdminUserQuery.parse({}))],
    ['audit, first page', 300, () => accounts.audit.list(AuditQuery.parse({}))],
    ['audit, one request', 300, () => accounts.audit.list(AuditQuery.parse({ query: 'req_a77' }))],
    ['audit of one person', 300, () => accounts.audit.about(usual, 20)],
    ['providers, the last hour', 500, () => lastHour()],
  ]
  console.log(`${calls} calls, ${hours} rows of hours, ${people} people, ${rounds} rounds; milliseconds\n`)
  console.log(`${'page'.padEnd(46)}${'p50'.padStart(8)}${'p95'.padStart(8)}${'limit'.padStart(8)}`)
  let over = 0
  for (const [title, limit, ask] of table) {
    await ask()
    const took = []
    for (let round = 0; round < rounds; round++) {
      const beganAt = performance.now()
      await ask()
      took.push(performance.now() - beganAt)
    }
    took.sort((a, b) => a - b)
    const at = (share) => took[Math.min(took.length - 1, Math.floor(took.length * share))]
    const isOver = at(0.95) > limit
    if (isOver) over++
    console.log(
      `${title.padEnd(46)}${at(0.5).toFixed(1).padStart(8)}${at(0.95).toFixed(1).padStart(8)}${String(limit).padStart(8)}${isOver ? '  too long' : ''}`,
    )
  }
  if (over > 0) process.exitCode = 1
}

/** Kept for seconds by a log: asked by a new one each time. */
async function lastHour() {
  const fresh = createCallLog({
    database,
    dataDir: mkdtempSync(join(dataDir, 'log-')),
    contentRetentionDays: 3650,
  })
  await fresh.lastHour()
  await fresh.close()
}
