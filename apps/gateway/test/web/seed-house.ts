import { createHash, randomUUID } from 'node:crypto'
import pg from 'pg'

/** How much of everything. */
export interface House {
  /** Postgres, migrated, with the viewer's account in it. */
  databaseUrl: string
  /** Id of who looks at the pages: some of the calls are theirs. */
  viewerId: string
  /** Days that the calls lie back. */
  days?: number
  /** Calls a day, on average. */
  callsPerDay?: number
}

interface Model {
  provider: string
  model: string
  /** US dollars for a million tokens; null: no price is known. */
  price: [input: number, output: number] | null
  share: number
}

const models: Model[] = [
  { provider: 'openai', model: 'gpt-4o', price: [2.5, 10], share: 22 },
  { provider: 'openai', model: 'gpt-4o-mini', price: [0.15, 0.6], share: 30 },
  { provider: 'anthropic', model: 'claude-sonnet-4-5', price: [3, 15], share: 18 },
  { provider: 'google', model: 'gemini-2.5-flash', price: [0.3, 2.5], share: 14 },
  { provider: 'azure', model: 'gpt-4.1', price: [2, 8], share: 8 },
  { provider: 'bedrock', model: 'anthropic.claude-haiku-4-5', price: [1, 5], share: 5 },
  { provider: 'groq', model: 'llama-3.3-70b', price: [0.59, 0.79], share: 6 },
  { provider: 'openai', model: 'house-tuned-7b', price: null, share: 2 },
]

const people: [name: string, email: string, provider: string][] = [
  ['Ada Lovelace', 'ada@example.com', 'google'],
  ['Grace Hopper', 'grace@example.com', 'microsoft'],
  ['Katherine Johnson', 'katherine@example.com', 'google'],
  ['Alan Turing', 'alan@example.com', 'github'],
  ['Barbara Liskov', 'barbara@example.com', 'microsoft'],
  ['Edsger Dijkstra', 'edsger@example.com', 'google'],
  ['Frances Allen', 'frances@example.com', 'github'],
  ['Tony Hoare', 'tony@example.com', 'google'],
]

const machines: [name: string, subject: string][] = [
  ['invoice-reader', 'client:invoice-reader'],
  ['support-triage', 'system:serviceaccount:support:triage'],
  ['nightly-summaries', 'repo:example/reports:ref:refs/heads/main'],
]

const exchanges: [prompt: string, response: string][] = [
  [
    'Summarise the incident of last night in three sentences for the status page.',
    'Between 02:10 and 02:34 UTC about 4 % of requests to the search service failed. A configuration change had halved the connection pool of one shard. The change was rolled back and a check now refuses it.',
  ],
  [
    'Write a SQL query: monthly revenue per customer for 2026, highest first.',
    "```sql\nSELECT customer_id, date_trunc('month', paid_at) AS month, sum(amount) AS revenue\nFROM payments\nWHERE paid_at >= '2026-01-01' AND paid_at < '2027-01-01'\nGROUP BY 1, 2\nORDER BY revenue DESC;\n```",
  ],
  [
    'Translate to German, formal: "Your order has shipped and should arrive on Thursday."',
    'Ihre Bestellung wurde versandt und sollte am Donnerstag bei Ihnen eintreffen.',
  ],
  [
    'What is the difference between a mutex and a semaphore?',
    'A **mutex** has one owner: whoever locks it unlocks it. A **semaphore** is a counter that any thread may raise or lower.\n\n1. Use a mutex to protect data.\n2. Use a semaphore to limit how many do something at once.',
  ],
]

/** The same house each time: a generator of numbers from 0 to 1 with a fixed beginning (mulberry32). */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** UUIDv7 of a moment. */
function idAt(at: number): string {
  const time = Math.floor(at).toString(16).padStart(12, '0')
  const rest = randomUUID().replaceAll('-', '')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(13, 16)}-${rest.slice(16, 20)}-${rest.slice(20)}`
}

/** Fills a database with people, machines, keys and calls as a house has them after some weeks. */
export async function seedHouse({
  databaseUrl,
  viewerId,
  days = 45,
  callsPerDay = 90,
}: House): Promise<void> {
  const next = chance(7)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T
  const now = Date.now()
  const dayMs = 86_400_000
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query('BEGIN')
    const ids = people.map(() => idAt(now - (50 + next() * 20) * dayMs))
    for (const [index, [name, email, provider]] of people.entries()) {
      const created = new Date(now - (60 - index * 4) * dayMs)
      const seen = new Date(now - next() * 4 * dayMs)
      await client.query(
        `INSERT INTO "Principal" (id, kind, name, email, roles, status, "createdAt", "lastSeenAt") VALUES ($1, 'user', $2, $3, $4, $5, $6, $7)`,
        [
          ids[index],
          name,
          email,
          index === 1 ? ['admin'] : ['member'],
          index === 5 ? 'disabled' : 'active',
          created,
          seen,
        ],
      )
      await client.query(
        `INSERT INTO "Identity" (id, "principalId", provider, issuer, subject, email, "emailVerified", "linkedAt") VALUES ($1, $2, $3, $4, $5, $6, true, $7)`,
        [
          idAt(created.getTime()),
          ids[index],
          provider,
          issuerOf(provider),
          `subject-${index}`,
          email,
          created,
        ],
      )
      await client.query(
        `INSERT INTO "Session" (id, "principalId", provider, kind, address, "userAgent", "createdAt", "lastSeenAt", "expiresAt") VALUES ($1, $2, $3, 'browser', $4, $5, $6, $7, $8)`,
        [
          idAt(seen.getTime()),
          ids[index],
          provider,
          `192.0.2.${index + 10}`,
          'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
          seen,
          seen,
          new Date(now + dayMs / 2),
        ],
      )
    }
    const machineIds = machines.map(() => idAt(now - 40 * dayMs))
    for (const [index, [name, subject]] of machines.entries()) {
      await client.query(
        `INSERT INTO "Principal" (id, kind, name, roles, status, "createdAt", "lastSeenAt", "allModels", models) VALUES ($1, 'service', $2, $3, 'active', $4, $5, $6, $7)`,
        [
          machineIds[index],
          name,
          ['member'],
          new Date(now - 40 * dayMs),
          new Date(now - next() * dayMs),
          index !== 0,
          index === 0 ? ['openai/*'] : [],
        ],
      )
      await client.query(
        `INSERT INTO "Identity" (id, "principalId", provider, issuer, subject, "emailVerified", "linkedAt") VALUES ($1, $2, 'platform', 'https://keycloak.example.com/realms/platform', $3, false, $4)`,
        [idAt(now - 40 * dayMs), machineIds[index], subject, new Date(now - 40 * dayMs)],
      )
    }

    const keys: { id: string; owner: string }[] = []
    const key = async (
      owner: string,
      name: string,
      ageDays: number,
      holdsDays: number,
      limits: string[] | null,
    ) => {
      const id = idAt(now - ageDays * dayMs)
      keys.push({ id, owner })
      await client.query(
        `INSERT INTO "ApiKey" (id, "principalId", name, hash, prefix, "allModels", models, "createdAt", "expiresAt", "lastUsedAt", "lastUsedAddress", "lastUsedAgent") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '198.51.100.7', 'OpenAI/Python 2.9.0')`,
        [
          id,
          owner,
          name,
          createHash('sha256').update(id).digest('hex'),
          `gh_${createHash('sha256').update(name).digest('base64url').slice(0, 7)}`,
          limits === null,
          limits ?? [],
          new Date(now - ageDays * dayMs),
          new Date(now + holdsDays * dayMs),
          new Date(now - next() * 2 * dayMs),
        ],
      )
    }
    await key(viewerId, 'laptop', 20, 70, null)
    await key(viewerId, 'evaluation job', 26, 4, ['openai/gpt-4o-mini', 'google/*'])
    await key(ids[0] as string, 'notebook', 12, 18, null)
    await key(machineIds[2] as string, 'report runner', 120, 90, ['anthropic/*'])

    const sums = new Map<string, (string | number | Date)[]>()
    const rows: unknown[][] = []
    const contents: unknown[][] = []
    const callers = [viewerId, viewerId, viewerId, ...ids, ...machineIds]
    const weights = models.flatMap((entry) => Array.from({ length: entry.share }, () => entry))
    for (let back = days - 1; back >= 0; back--) {
      const begin = Math.floor(now / dayMs) * dayMs - back * dayMs
      const weekday = new Date(begin).getUTCDay()
      const busy =
        (weekday === 0 || weekday === 6 ? 0.35 : 1) * (0.7 + (days - back) / days) * (0.8 + next() * 0.4)
      for (let made = 0; made < callsPerDay * busy; made++) {
        const at = begin + (6 + next() * 14) * 3_600_000
        if (at > now - 120_000) continue
        const { provider, model, price } = pick(weights)
        const owner = pick(callers)
        const machine = machineIds.includes(owner)
        const own = keys.filter((entry) => entry.owner === owner)
        const keyId = !machine && own.length > 0 && next() < 0.55 ? pick(own).id : null
        const dice = next()
        const status = dice < 0.955 ? 'success' : dice < 0.985 ? 'error' : 'aborted'
        const input = Math.round(200 + next() ** 3 * 9000)
        const output = status === 'error' ? 0 : Math.round(40 + next() ** 2 * 1200)
        const cached = next() < 0.2 ? Math.round(input * 0.6) : 0
        const cost = price ? (input * price[0] + output * price[1]) / 1e6 : null
        const first = Math.round(180 + next() ** 2 * 1500)
        const latency = first + Math.round(output * (6 + next() * 10))
        const id = idAt(at)
        const failure: [string, string] | null =
          status === 'error'
            ? next() < 0.5
              ? ['provider_rate_limited', `${provider} limits the rate of requests.`]
              : ['provider_timeout', `${provider} did not answer in time.`]
            : null
        rows.push([
          id,
          new Date(at),
          owner,
          machine ? 'service' : 'user',
          keyId,
          `req_${createHash('sha256').update(id).digest('base64url').slice(0, 24)}`,
          machine || keyId
            ? '/v1/chat/completions'
            : next() < 0.5
              ? '/v1/chat/completions'
              : '/api/v1/llm/call',
          provider,
          'default',
          `${provider}/${model}`,
          model,
          next() < 0.6,
          status,
          status === 'success' ? 'stop' : null,
          input,
          output,
          cached,
          0,
          next() < 0.04,
          cost,
          latency,
          status === 'error' ? null : first,
          next() < 0.06 ? 2 : 1,
          failure?.[0] ?? null,
          failure?.[1] ?? null,
        ])
        if (owner === viewerId && keyId === null && back < 20 && status === 'success') {
          const [prompt, response] = pick(exchanges)
          contents.push([id, new Date(at), JSON.stringify([{ role: 'user', content: prompt }]), response])
        }
        const hour = new Date(Math.floor(at / 3_600_000) * 3_600_000)
        const none = '00000000-0000-0000-0000-000000000000'
        const name = [hour.toISOString(), owner, keyId, provider, model].join()
        const sum = sums.get(name) ?? [
          hour,
          owner,
          keyId ?? none,
          provider,
          model,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
        ]
        const add = (place: number, value: number) => {
          sum[place] = Number(sum[place]) + value
        }
        add(5, 1)
        add(6, status === 'error' ? 1 : 0)
        add(7, status === 'aborted' ? 1 : 0)
        add(8, cost === null ? 1 : 0)
        add(9, input)
        add(10, output)
        add(11, cached)
        add(13, cost ?? 0)
        add(14, latency)
        add(15, 1)
        sums.set(name, sum)
      }
    }
    await insert(
      client,
      'Call',
      'id,createdAt,principalId,principalKind,keyId,requestId,endpoint,provider,connection,askedModel,model,streamed,status,finishReason,inputTokens,outputTokens,cachedTokens,reasoningTokens,estimated,cost,latencyMs,firstByteMs,attempts,errorCode,errorMessage',
      rows,
    )
    await insert(client, 'CallContent', 'callId,createdAt,prompt,response', contents)
    await insert(
      client,
      'UsageHour',
      'hour,principalId,keyId,provider,model,calls,failed,aborted,unpriced,inputTokens,outputTokens,cachedTokens,reasoningTokens,cost,latencyMs,timed',
      [...sums.values()].map((sum) => [...sum.slice(0, 13), Number(sum[13]).toFixed(10), ...sum.slice(14)]),
    )
    await client.query('COMMIT')
    await client.query('ANALYZE')
  } finally {
    await client.end()
  }
}

const issuerOf = (provider: string): string =>
  ({
    google: 'https://accounts.google.com',
    microsoft: 'https://login.microsoftonline.com/contoso/v2.0',
    github: 'https://github.com',
  })[provider] ?? provider

async function insert(client: pg.Client, table: string, names: string, rows: unknown[][]): Promise<void> {
  const columns = names.split(',').map((name) => `"${name}"`)
  for (let start = 0; start < rows.length; start += 500) {
    const some = rows.slice(start, start + 500)
    const places = some.map(
      (row, index) => `(${row.map((_, column) => `$${index * columns.length + column + 1}`).join(',')})`,
    )
    await client.query(
      `INSERT INTO "${table}" (${columns.join(',')}) VALUES ${places.join(',')}`,
      some.flat(),
    )
  }
}
