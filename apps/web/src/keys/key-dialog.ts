import type { KeyView, NewKeyView } from '@gatehouse/contracts'

/** What is open over the list. */
export type KeyDialog =
  | { kind: 'create' }
  | { kind: 'rotate' | 'revoke'; key: KeyView }
  | { kind: 'shown'; made: NewKeyView; rotated: boolean }
