import { oneOf, text } from '../search-text.ts'

/** Whom an admin looks for. */
export interface AccountsSearch {
  query?: string | undefined
  status?: 'active' | 'disabled' | 'deleted' | undefined
  role?: 'admin' | 'member' | undefined
}

const status = oneOf(['active', 'disabled', 'deleted'])
const role = oneOf(['admin', 'member'])

export const accountsSearch = (search: Record<string, unknown>): AccountsSearch => ({
  query: text(search.query),
  status: status(search.status),
  role: role(search.role),
})

/** Which entries of the audit log. */
export interface AuditSearch {
  actor_id?: string | undefined
  target_id?: string | undefined
  action?: string | undefined
  query?: string | undefined
  from?: string | undefined
  to?: string | undefined
}

export const auditSearch = (search: Record<string, unknown>): AuditSearch => ({
  actor_id: text(search.actor_id),
  target_id: text(search.target_id),
  action: text(search.action),
  query: text(search.query),
  from: text(search.from),
  to: text(search.to),
})

/** Which side of the credentials. */
export interface CredentialsSearch {
  side?: 'inbound' | 'outbound' | undefined
}

const side = oneOf(['inbound', 'outbound'])

export const credentialsSearch = (search: Record<string, unknown>): CredentialsSearch => ({
  side: side(search.side),
})

/** Which settings: those that somebody has set, unless `all`. */
export interface StatusSearch {
  settings?: 'all' | undefined
}

const settings = oneOf(['all'])

export const statusSearch = (search: Record<string, unknown>): StatusSearch => ({
  settings: settings(search.settings),
})
