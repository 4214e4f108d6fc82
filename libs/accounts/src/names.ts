import type { Database } from '@gatehouse/platform'

/** How a key is called. */
export interface KeyName {
  id: string
  name: string
  prefix: string
}

/** How a person or a service account is called. */
export interface PrincipalName {
  id: string
  kind: 'user' | 'service'
  name: string | null
  email: string | null
}

/** What things are called that other libraries know by their ids alone; each method is one query, or none for no ids. */
export interface Names {
  /**
   * Keys by their ids, ended ones as well; absent are those that are gone.
   * @param principalId keys of this owner alone, which is what everybody but an admin must be given
   */
  keys(ids: readonly string[], principalId?: string): Promise<Map<string, KeyName>>
  /** People and service accounts by their ids, deleted ones as well; absent are those that are removed. */
  principals(ids: readonly string[]): Promise<Map<string, PrincipalName>>
  /** Both at once, for admins: by the id of a principal or of a key. A key has its name alone, and no kind. */
  all(ids: readonly string[]): Promise<Map<string, Named>>
}

/** A principal, or a key (`kind: 'key'`). */
export interface Named {
  id: string
  kind: 'user' | 'service' | 'key'
  name: string | null
  email: string | null
}

/** Looks names up. */
export function createNames({ client }: Database): Names {
  const byId = <Row extends { id: string }>(rows: readonly Row[]) => new Map(rows.map((row) => [row.id, row]))
  return {
    async keys(ids, principalId) {
      if (ids.length === 0) return new Map()
      const rows = await client.apiKey.findMany({
        where: { id: { in: [...new Set(ids)] }, ...(principalId === undefined ? {} : { principalId }) },
        select: { id: true, name: true, prefix: true },
      })
      return byId(rows)
    },
    async principals(ids) {
      if (ids.length === 0) return new Map()
      const rows = await client.principal.findMany({
        where: { id: { in: [...new Set(ids)] } },
        select: { id: true, kind: true, name: true, email: true },
      })
      return byId(rows.map((row) => ({ ...row, kind: row.kind === 'service' ? 'service' : 'user' }) as const))
    },
    async all(ids) {
      if (ids.length === 0) return new Map()
      const wanted = [...new Set(ids)]
      const rows = await client.$queryRaw<Named[]>`
        SELECT "id"::text, "kind", "name", "email" FROM "Principal" WHERE "id" = ANY(${wanted}::uuid[])
        UNION ALL
        SELECT "id"::text, 'key', "name", NULL FROM "ApiKey" WHERE "id" = ANY(${wanted}::uuid[])`
      return byId(rows)
    },
  }
}
