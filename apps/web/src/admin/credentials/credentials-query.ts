import type { CredentialList } from '@gatehouse/contracts'
import { paged } from '../paged.ts'

/** Credentials of both sides: first those of the configuration, then API keys, newest first. */
export const credentialsQuery = paged<CredentialList>(['admin', 'credentials'], '/api/v1/admin/credentials', {
  limit: 50,
})
