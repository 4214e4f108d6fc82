import { boot } from '../boot.ts'

const known: Record<string, string> = {
  google: 'Google',
  microsoft: 'Microsoft',
  github: 'GitHub',
  local: 'Local',
}

/** What people call a way to come in; its id where it is set up no more. */
export const providerName = (id: string, issuer?: string): string =>
  boot.server.issuers.find((trusted) => trusted.issuer === issuer)?.name ??
  known[id] ??
  boot.sign_in.find((way) => way.id === id)?.name ??
  id
