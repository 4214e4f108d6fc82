import type { AdminUser } from '@gatehouse/contracts'

/** What to call somebody of whom not everything is known. */
export const personName = ({ name, email, id }: Pick<AdminUser, 'name' | 'email' | 'id'>): string =>
  name ?? email ?? id
