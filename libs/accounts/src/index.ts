import type { AdminUserQuery, AuditQuery, Role } from '@gatehouse/contracts'
import type { Database } from '@gatehouse/platform'
import { type Actor, listAudit, verifyAudit } from './audit.js'
import { type Change, followChanges } from './changes.js'
import { createDirectory, type Principal, toPrincipal } from './directory.js'
import { createFailures } from './failures.js'
import { startHousekeeping } from './housekeeping.js'
import { createPatience } from './patience.js'
import { changePerson, findPeople, findPerson, profile, signOutEverywhere } from './people.js'
import { createPresets } from './presets.js'
import { endSession, listSessions, type NewSession } from './sessions.js'
import { type ProvenIdentity, type SignInMode, type SignInPolicy, signIn } from './sign-in.js'
import { createTouch } from './touch.js'

export type { Actor, AuditEntry } from './audit.js'
export type { Change } from './changes.js'
export type { LiveSession, Principal, Session } from './directory.js'
export type { AppliedPreset, Presets } from './presets.js'
export type { NewSession } from './sessions.js'
export type { ProvenIdentity, SignedIn, SignInMode, SignInPolicy } from './sign-in.js'

/** What accounts need. */
export interface AccountsOptions {
  database: Database
  policy: SignInPolicy
  /** Told of trouble in the background: the feed, the audit of failures, the housekeeping. */
  onError?: (error: unknown) => void
}

/** People, their identities and sessions, what admins do to them, and the log of it. */
export type Accounts = ReturnType<typeof createAccounts>

/**
 * The accounts of one gateway process. A change made here holds here at once and on every other replica within a
 * second; roles and status are never older than 5 s.
 */
export function createAccounts({ database, policy, onError = () => {} }: AccountsOptions) {
  const listeners = new Set<(change: Change) => void>()
  const applied = (change: Change) => {
    directory.forget(change)
    if (change.kind === 'presets') presets.forget(change.subject)
    for (const listener of listeners) listener(change)
  }
  const patience = createPatience()
  const directory = createDirectory(database, patience, () => feed.freshAt())
  const presets = createPresets(database, patience, applied)
  const feed = followChanges(database, applied, { onError })
  const touch = createTouch(database, undefined, onError)
  const housekeeping = startHousekeeping(database, onError)
  const failures = createFailures(database, onError)

  return {
    presets,
    /** See `Directory.known`; notes the session as seen. */
    knownSession(id: string) {
      const live = directory.known(id)
      if (live) touch.seen(live.session.id, live.principal.id)
      return live
    },
    /** See `Directory.session`; notes the session as seen. */
    async session(id: string) {
      const live = await directory.session(id)
      if (live) touch.seen(live.session.id, live.principal.id)
      return live
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
    /** Status of a principal as the database has it now; `disabled` for one that is not there. */
    async status(principalId: string): Promise<Principal['status']> {
      const row = await database.client.principal.findUnique({ where: { id: principalId } })
      return row ? toPrincipal(row).status : 'disabled'
    },
    profile: (principalId: string) => profile(database, principalId),
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
      async signOutEverywhere(id: string, actor: Actor) {
        applied(await signOutEverywhere(database, id, actor))
      },
    },
    audit: {
      list: (query: AuditQuery) => listAudit(database, query),
      /** Checks the whole chain: the id of the first row that was altered, or null; see `verifyAudit` for what does not show. */
      verify: () => verifyAudit(database),
    },
    /** Calls back for every change, of this process and of the others. @returns a function that ends it */
    onChange(listener: (change: Change) => void): () => void {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async close() {
      feed.stop()
      await failures.stop()
      await housekeeping.stop()
      await touch.stop()
    },
  }
}
