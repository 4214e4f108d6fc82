import type { OwnProfile } from '@gatehouse/accounts'
import type { Me } from '@gatehouse/contracts'
import type { GatewayConfig } from '../config.js'

/** Oneself, with what the operator keeps of calls. */
export function viewOfMe(
  profile: OwnProfile,
  { keepContent, contentRetentionDays }: Pick<GatewayConfig, 'keepContent' | 'contentRetentionDays'>,
): Me {
  return { ...profile, content: { kept: keepContent, retention_days: contentRetentionDays } }
}
