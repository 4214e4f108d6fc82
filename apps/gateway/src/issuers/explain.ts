import { type Accounts, keyHash, type Principal } from '@gatehouse/accounts'
import { AppError, type TokenExplained } from '@gatehouse/contracts'
import type { MachineIdentity, Session, SessionTokens, TrustedIssuers } from '@gatehouse/identity'
import { byKey, keyBeginning } from '../http/by-key.js'

/** What tells of a token. */
export interface ExplainDeps {
  issuers: TrustedIssuers
  sessionTokens: SessionTokens
  accounts: Pick<Accounts, 'knownKey' | 'key' | 'session' | 'ownerOf'>
}

/**
 * What would become of a request with a token, by the code that judges requests. Nothing of it is kept or logged, and no
 * account is made. @throws AppError `unavailable`
 */
export async function explainToken(given: string, deps: ExplainDeps): Promise<TokenExplained> {
  const token = given.trim().replace(/^bearer +/i, '')
  if (token.startsWith(keyBeginning)) return explainKey(token, deps)
  if (deps.sessionTokens.resembles(token)) return explainSession(token, deps)
  const { steps, identity, refusal } = await deps.issuers.explain(token)
  const owner = identity && (await deps.accounts.ownerOf(identity.issuer, identity.subject))
  const disabled = refusalOf(owner)
  return {
    kind: 'issuer',
    accepted: identity !== null && disabled === null,
    steps,
    refusal: refusal ?? disabled,
    identity: identity && viewIdentity(identity),
    principal: viewPrincipal(owner),
  }
}

async function explainKey(token: string, { accounts }: ExplainDeps): Promise<TokenExplained> {
  const hash = keyHash(token)
  const wellFormed = hash !== 'malformed'
  const live = wellFormed ? await accounts.key(hash) : null
  const steps: Step[] = [
    ['form', wellFormed, wellFormed ? 'the checksum fits' : 'the checksum does not fit'],
    ['key', live !== null, live ? `it holds until ${live.expiresAt.toISOString()}` : 'none like it holds'],
  ]
  const refusal = await refusalBy(async () => byKey(accounts, token))
  return told('key', wellFormed ? steps : steps.slice(0, 1), refusal, live?.principal ?? null)
}

async function explainSession(
  token: string,
  { accounts, sessionTokens }: ExplainDeps,
): Promise<TokenExplained> {
  let claims: Session | undefined
  const refusal = await refusalBy(async () => {
    claims = sessionTokens.verify(token)
  })
  if (!claims)
    return told('session', [['signature', false, 'no token of this gateway that holds']], refusal, null)
  const live = await accounts.session(claims.sessionId)
  const holds = live?.principal.status === 'active'
  const steps: Step[] = [
    ['signature', true, `of this gateway, until ${claims.expiresAt.toISOString()}`],
    ['session', holds, holds ? 'it holds' : 'it has ended'],
  ]
  const ended = live ? refusalOf(live.principal) : viewRefusal(new AppError('session_ended'))
  return told('session', steps, ended, live?.principal ?? null)
}

/** Why something refuses; null where it does not. */
async function refusalBy(attempt: () => Promise<unknown>): Promise<TokenExplained['refusal']> {
  try {
    await attempt()
    return null
  } catch (error) {
    if (error instanceof AppError && error.status < 500) return viewRefusal(error)
    throw error
  }
}

type Step = [check: string, passed: boolean, detail: string]

function told(
  kind: TokenExplained['kind'],
  steps: Step[],
  refusal: TokenExplained['refusal'],
  principal: Principal | null,
): TokenExplained {
  return {
    kind,
    accepted: refusal === null,
    steps: steps.map(([check, passed, detail]) => ({ check, passed, detail })),
    refusal,
    identity: null,
    principal: viewPrincipal(principal),
  }
}

/** A good credential of an account that may do nothing. */
function refusalOf(principal: Principal | null): TokenExplained['refusal'] {
  return principal?.status === 'disabled' ? viewRefusal(new AppError('account_disabled')) : null
}

const viewRefusal = ({ status, code, message }: AppError) => ({ status, code, message })

function viewPrincipal(principal: Principal | null): TokenExplained['principal'] {
  if (!principal) return null
  const { id, kind, name, status } = principal
  return { id, kind, name, status }
}

function viewIdentity(identity: MachineIdentity): TokenExplained['identity'] {
  const { issuer, subject, name, clientId, team, roles, models, expiresAt } = identity
  return {
    issuer,
    subject,
    name,
    client_id: clientId,
    team,
    roles,
    models,
    expires_at: expiresAt.toISOString(),
  }
}
