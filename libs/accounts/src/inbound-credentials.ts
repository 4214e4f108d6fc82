import { AppError, type KeyView } from '@gatehouse/contracts'
import type { Database } from '@gatehouse/platform'
import { idsAfter, uuidOrNil } from './ids.js'
import { type KeyOwner, keyView, whereHolds } from './keys.js'

/** An API key that holds, and whose it is. */
export interface OwnedKey extends KeyView {
  owner: KeyOwner
}

/** What is known of several credentials of a kind together. */
export interface CredentialSum {
  count: number
  /** When the oldest was made. */
  createdAt: Date | null
  /** When the last one ends; null for what has no end of its own. */
  expiresAt: Date | null
  lastUsedAt: Date | null
}

/** Credentials by which somebody comes in, of everybody: for admins. */
export interface InboundCredentials {
  /** API keys that hold, newest first. @param after the id of the last one before */
  keys(limit: number, after?: string): Promise<OwnedKey[]>
  /** Whose a key is. @throws AppError `not_found` */
  ownerOf(keyId: string): Promise<KeyOwner>
  /** Sessions that hold, by their kind. */
  sessions(): Promise<(CredentialSum & { kind: 'browser' | 'token' })[]>
  /** Service accounts by their issuer. */
  issuers(): Promise<Map<string, CredentialSum>>
}

/** Reads them from the database, anew each time. */
export function createInboundCredentials({ client }: Database): InboundCredentials {
  return {
    async keys(limit, after) {
      const rows = await client.apiKey.findMany({
        where: { AND: whereHolds(), ...(after === undefined ? {} : { id: idsAfter(after, 'desc') }) },
        include: { principal: { select: { kind: true } } },
        orderBy: { id: 'desc' },
        take: limit,
      })
      return rows.map((row) => ({
        ...keyView(row),
        owner: ownerOf({ id: row.principalId, kind: row.principal.kind }),
      }))
    },

    async ownerOf(keyId) {
      const row = await client.apiKey.findUnique({
        where: { id: uuidOrNil(keyId) },
        select: { principal: { select: { id: true, kind: true } } },
      })
      if (!row) throw new AppError('not_found')
      return ownerOf(row.principal)
    },

    async sessions() {
      const now = new Date()
      const sums = await client.session.groupBy({
        by: ['kind'],
        where: { revokedAt: null, expiresAt: { gt: now } },
        _count: true,
        _min: { createdAt: true },
        _max: { expiresAt: true, lastSeenAt: true },
        orderBy: { kind: 'asc' },
      })
      return sums.map(({ kind, _count, _min, _max }) => ({
        kind: kind === 'browser' ? 'browser' : 'token',
        count: _count,
        createdAt: _min.createdAt,
        expiresAt: _max.expiresAt,
        lastUsedAt: _max.lastSeenAt,
      }))
    },

    async issuers() {
      const rows = await client.$queryRaw<
        { issuer: string; count: number; first: Date; last: Date | null }[]
      >`
        SELECT "issuer", count(*)::int AS "count", min("linkedAt") AS "first", max("lastSeenAt") AS "last"
        FROM "Identity" JOIN "Principal" ON "Principal"."id" = "Identity"."principalId"
        WHERE "kind" = 'service' GROUP BY "issuer"`
      return new Map(
        rows.map(({ issuer, count, first, last }) => [
          issuer,
          { count, createdAt: first, expiresAt: null, lastUsedAt: last },
        ]),
      )
    },
  }
}

const ownerOf = ({ id, kind }: { id: string; kind: string }): KeyOwner => ({
  id,
  kind: kind === 'service' ? 'service' : 'user',
})
