/** What was done, as one says it after who did it. */
const words: Record<string, string> = {
  'audit.exported': 'exported the audit log',
  'identity.link_failed': 'failed to link an identity',
  'identity.linked': 'linked an identity',
  'identity.unlinked': 'unlinked an identity',
  'key.created': 'created a key',
  'key.revoked': 'revoked a key',
  'key.rotated': 'rotated a key',
  'profile.changed': 'changed the profile',
  register: 'registered',
  'role.changed': 'changed the role',
  'role.granted': 'gave a role',
  'service_account.changed': 'changed a service account',
  'service_account.created': 'came as a service account',
  'service_account.disabled': 'disabled a service account',
  'service_account.enabled': 'enabled a service account',
  'session.others_revoked': 'ended their other sessions',
  'session.revoked': 'ended a session',
  sign_in: 'signed in',
  'sign_in.failed': 'failed to sign in',
  sign_out: 'signed out',
  'user.deleted': 'deleted a person',
  'user.disabled': 'disabled a person',
  'user.enabled': 'enabled a person',
  'user.purged': 'removed a deleted person for good',
  'user.restored': 'restored a person',
  'user.signed_out_everywhere': 'signed a person out everywhere',
}

/** An action of the log in words; of one that is not known here its name, as words. */
export const actionWords = (action: string): string => words[action] ?? action.replace(/[._]+/g, ' ')

/** The same at the beginning of a line. */
export function actionTitle(action: string): string {
  const said = actionWords(action)
  return said.charAt(0).toUpperCase() + said.slice(1)
}
