import type { KeyView } from '@gatehouse/contracts'
import { oneOf } from '../search-text.ts'

/** Which keys are listed: all of them unless a status is named. */
export interface KeysSearch {
  status?: KeyView['status'] | undefined
}

const status = oneOf<KeyView['status']>(['active', 'retiring', 'revoked', 'expired'])

export const keysSearch = (search: Record<string, unknown>): KeysSearch => ({ status: status(search.status) })
