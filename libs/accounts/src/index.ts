import type {
  AdminUserQuery,
  AuditExportQuery,
  AuditQuery,
  Deletion,
  MePatch,
  Role,
} from '@gatehouse/contracts'
import type { Database } from '@gatehouse/platform'
import { type Actor, verifyAudit } from './audit.js'
import { auditActions } from './audit-actions.js'
import { auditOf, exportAudit, listAudit } from './audit-list.js'
import { type Change, followChanges } from './changes.js'
import { belongings, deletePerson, restorePerson } from './deletion.js'
import { createDirectory, type LiveKey, type Principal, toPrincipal } from './directory.js'
import { createFailures } from './failures.js'
import { startHousekeeping } from './housekeeping.js'
import { createInboundCredentials } from './inbound-credentials.js'
import { createKeys } from './keys.js'
import { linkIdentity, unlinkIdentity } from './linking.js'
import { changeOwnProfile, ownProfile } from './me.js'
import { createNames } from './names.js'
import { ownData } from './own-data.js'
import { createPatience } from './patience.js'
import { changePerson, findPeople, findPerson, profile, signOutEverywhere } from './people.js'
import { createPresets } from './presets.js'
import type { Forget } from './purge.js'
import type { MachineAccount } from './service-account-entry.js'
import { createServiceAccounts } from './service-accounts.js'
import { endOtherSessions, endSession, listSessions, type NewSession } from './sessions.js'
import { type ProvenIdentity, type SignInMode, type SignInPolicy, signIn } from './sign-in.js'
import { createTouch, type KeyUse } from './touch.js'

export type { Actor, AuditEntry } from './audit.js'
export type { Change } from './changes.js'
export type { Belongings } from './deletion.js'
export type { LiveKey, LiveSession, Principal, Session } from './directory.js'
export type { CredentialSum, InboundCredentials, OwnedKey } from './inbound-credentials.js'
export { keyHash } from './key-format.js'
export type { KeyOwner, Keys } from './keys.js'
export type { OwnProfile } from './me.js'
export type { KeyName, Named, Names, PrincipalName } from './names.js'
export type { OwnData } from './own-data.js'
export type { AppliedPreset, Presets } from './presets.js'
export type { Forget } from './purge.js'
export type { MachineAccount } from './service-account-entry.js'
export type { ServiceAccounts } from './service-accounts.js'
export type { NewSession } from './sessions.js'
export type { ProvenIdentity, SignedIn, SignInMode, SignInPolicy } from './sign-in.js'
export type { KeyUse } from './touch.js'

/** What accounts need. */
export interface AccountsOptions {
  database: Database
  policy: SignInPolicy
  /** Removes what other libraries keep of somebody whose account is removed; without it there is nothing elsewhere. */
  forget?: Forget
  /** Told of trouble in the background: the feed, the audit of failures, the housekeeping. */
  onError?: (error: unknown) => void
}

/** People, their identities and sessions, what admins do to them, and the log of it. */
export type Accounts = ReturnType<typeof createAccounts>

/**
 * The accounts of one gateway process. A change made here holds here at once and on every other replica within a
 * second; roles and status are never older than 5 s.
 */
export function createAccounts({
  database,
  policy,
  forget = async () => true,
  onError = () => {},
}: AccountsOptions) {
  const listeners = new Set<(change: Change) => void>()
  const applied = (change: Change) => {
    directory.forget(change)
    if (change.kind === 'presets') presets.forget(change.subject)
    for (const listener of listeners) listener(change)
  }
  const patience = createPatience()
  const names = createNames(database)
  const directory = createDirectory(database, patience, () => feed.freshAt())
  const presets = createPresets(database, patience, applied)
  const feed = followChanges(database, applied, { onError })
  const touch = createTouch(database, undefined, onError)
  const housekeeping = startHousekeeping(database, forget, onError)
  const failures = createFailures(database, onError)

  return {
    presets,
    keys: createKeys(database, applied),
    names,
    credentials: createInboundCredentials(database),
    serviceAccounts: createServiceAccounts(database, applied),
    /** See `Directory.knownSession`; notes the session as seen. */
    knownSession(id: string) {
      const live = directory.knownSession(id)
      if (live?.principal.status === 'active') touch.session(live.session.id, live.principal.id)
      return live
    },
    /** See `Directory.session`; notes the session as seen. */
    async session(id: string) {
      const live = await directory.session(id)
      if (live?.principal.status === 'active') touch.session(live.session.id, live.principal.id)
      return live
    },
    /** The key of a hash that `keyHash` gave, at once; null where none holds, undefined where `key` has to be asked. */
    knownKey: (hash: string) => directory.knownKey(hash),
    /** See `Directory.key`. @throws AppError `unavailable`, `rate_limited` */
    key: (hash: string, from?: string): Promise<LiveKey | null> => directory.key(hash, from),
    /** Notes that a key was used, and from where; written within seconds. */
    keyUsed: (id: string, use: KeyUse): void => touch.key(id, use),
    /** The account of a trusted issuer's subject, where it is known; notes it as seen. */
    knownServiceAccount(issuer: string, subject: string): Principal | undefined {
      const principal = directory.knownServiceAccount(issuer, subject)
      if (principal) touch.principal(principal.id)
      return principal
    },
    /** The same, asked of the database and made on first use. @throws AppError `unavailable` */
    async serviceAccount(machine: MachineAccount): Promise<Principal> {
      const principal = await directory.serviceAccount(machine)
      touch.principal(principal.id)
      return principal
    },
    /** The account of (issuer, subject) as the database has it now; null where there is none, and none is made. */
    async ownerOf(issuer: string, subject: string): Promise<Principal | null> {
      const where = { issuer_subject: { issuer, subject } }
      const row = await database.client.identity.findUnique({ where, include: { principal: true } })
      return row && toPrincipal(row.principal)
    },
    /** Finds or makes the account of a proven identity and opens a session. See `signIn`. */
    async signIn(identity: ProvenIdentity, mode: SignInMode, session: NewSession, actor: Actor) {
      const result = await signIn(database, policy, identity, mode, session, actor)
      result.changes.forEach(applied)
      return result
    },
    /**
     * Writes a refused sign-in into the audit log: one like it in the same minute is only counted. See `createFailures`.
     * @param provider as the caller named it, of whatever text
     */
    signInFailed: (provider: string, reason: string, actor: Actor) => failures.add(provider, reason, actor),
    /** A principal as the database has it now; null for one that is not there. */
    async principal(principalId: string): Promise<Principal | null> {
      const row = await database.client.principal.findUnique({ where: { id: principalId } })
      return row && toPrincipal(row)
    },
    /** Status of a principal as the database has it now; `disabled` for one that is not there. */
    async status(principalId: string): Promise<Principal['status']> {
      const row = await database.client.principal.findUnique({ where: { id: principalId } })
      return row ? toPrincipal(row).status : 'disabled'
    },
    profile: (principalId: string) => profile(database, principalId),
    /** Adds a proven identity to the account of somebody who is signed in. See `linkIdentity`. */
    async link(principalId: string, identity: ProvenIdentity, actor: Actor) {
      const changes = await linkIdentity(database, policy, principalId, identity, actor)
      changes.forEach(applied)
    },
    /** Writes a refused link into the audit log, as `signInFailed` does. */
    linkFailed: (provider: string, reason: string, actor: Actor) =>
      failures.add(provider, reason, actor, 'identity.link_failed'),
    /**
     * Takes an identity from its owner, and ends the sessions of its provider but for the one that asks.
     * @throws AppError `not_found`, `last_identity`
     */
    async unlink(principalId: string, identityId: string, sessionId: string | null, actor: Actor) {
      applied(await unlinkIdentity(database, principalId, identityId, sessionId, actor))
    },
    /** What everybody may see, change and end of their own account; every method is given its owner's id. */
    me: {
      get: (principalId: string) => ownProfile(database, principalId),
      /** @throws AppError `not_found`, `account_disabled`, `account_deleted` */
      async change(principalId: string, wish: MePatch, actor: Actor) {
        applied(await changeOwnProfile(database, principalId, wish, actor))
        return ownProfile(database, principalId)
      },
      /** What would go with the account. @throws AppError `not_found` */
      belongings: (principalId: string) => belongings(database, principalId),
      /** See `ownData`. @throws AppError `not_found` */
      data: (principalId: string) => ownData(database, principalId),
      /** See `deletePerson`. @throws AppError `not_found`, `last_admin` */
      async delete(principalId: string, actor: Actor): Promise<Deletion> {
        const { deletion, change } = await deletePerson(database, principalId, actor, true)
        applied(change)
        return deletion
      },
    },
    /** A page of the sessions of a principal that still hold; `currentId` is the one that asks. */
    sessions: (principalId: string, currentId: string, page: Parameters<typeof listSessions>[3]) =>
      listSessions(database, principalId, currentId, page),
    /** Ends one of a principal's sessions. @throws AppError `not_found` */
    async endSession(
      principalId: string,
      sessionId: string,
      actor: Actor,
      action: 'sign_out' | 'session.revoked',
    ) {
      applied(await endSession(database, principalId, sessionId, actor, action))
    },
    /** Ends all sessions of a principal but one. @returns how many have ended */
    async endOtherSessions(principalId: string, keptId: string, actor: Actor): Promise<number> {
      const { ended, change } = await endOtherSessions(database, principalId, keptId, actor)
      if (ended > 0) applied(change)
      return ended
    },
    people: {
      find: (query: AdminUserQuery) => findPeople(database, query),
      get: (id: string) => findPerson(database, id),
      /** Sets the roles of a person. @throws AppError `not_found`, `last_admin`, `conflict` */
      async setRoles(id: string, roles: Role[], actor: Actor) {
        const { person, change } = await changePerson(database, id, { roles }, actor)
        applied(change)
        return person
      },
      /** Disables or enables a person. @throws AppError `not_found`, `last_admin`, `conflict` */
      async setStatus(id: string, status: 'active' | 'disabled', actor: Actor) {
        const { person, change } = await changePerson(database, id, { status }, actor)
        applied(change)
        return person
      },
      /** See `deletePerson`. @throws AppError `not_found`, `last_admin`, `conflict` */
      async delete(id: string, actor: Actor): Promise<Deletion> {
        const { deletion, change } = await deletePerson(database, id, actor, false)
        applied(change)
        return deletion
      },
      /** See `restorePerson`. @throws AppError `not_found`, `conflict` */
      async restore(id: string, actor: Actor) {
        applied(await restorePerson(database, id, actor))
        return findPerson(database, id)
      },
      async signOutEverywhere(id: string, actor: Actor) {
        applied(await signOutEverywhere(database, id, actor))
      },
    },
    audit: {
      list: (query: AuditQuery) => listAudit(database, names, query),
      /** See `auditOf`. */
      about: (principalId: string, limit: number) => auditOf(database, names, principalId, limit),
      /** See `exportAudit`; nothing is written or read before the first page is asked for. */
      export: (query: AuditExportQuery, actor: Actor) => exportAudit(database, names, query, actor),
      /** Every action that is written. */
      actions: (): readonly string[] => auditActions,
      /** Checks the whole chain: the id of the first row that was altered, or null; see `verifyAudit` for what does not show. */
      verify: () => verifyAudit(database),
    },
    /** Calls back for every change, of this process and of the others. @returns a function that ends it */
    onChange(listener: (change: Change) => void): () => void {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    /** Deletes what nobody reads any more, and accounts whose time is over; runs by itself as well. Never rejects. */
    keepHouse: () => housekeeping.now(),
    async close() {
      feed.stop()
      await failures.stop()
      await housekeeping.stop()
      await touch.stop()
    },
  }
}
