import type { ServiceAccountView } from '@gatehouse/contracts'

/** What to call a service account: its name, else by whom it is vouched for. */
export const accountName = ({
  name,
  identities,
  id,
}: Pick<ServiceAccountView, 'name' | 'identities' | 'id'>): string => name ?? identities[0]?.subject ?? id
