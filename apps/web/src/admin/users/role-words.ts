import type { Role } from '@gatehouse/contracts'

/** Roles in a word; an admin may do all that a member may. */
export const roleWords = (roles: readonly Role[]): string => (roles.includes('admin') ? 'Admin' : 'Member')
