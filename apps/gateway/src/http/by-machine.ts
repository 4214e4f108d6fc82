import type { Accounts, Principal } from '@gatehouse/accounts'
import { AppError } from '@gatehouse/contracts'
import type { MachineIdentity } from '@gatehouse/identity'
import type { Caller } from './caller.js'

type Known = Pick<Accounts, 'knownServiceAccount' | 'serviceAccount'>

/**
 * The caller of a token of a trusted issuer, at once where the account is known; the first token makes it. What the
 * operator's rules make of the token holds as long as the token, what the store says of the account for seconds.
 * @throws AppError `account_disabled`, `unavailable`
 */
export function byMachine(accounts: Known, machine: MachineIdentity): Caller | Promise<Caller> {
  const known = accounts.knownServiceAccount(machine.issuer, machine.subject)
  if (known !== undefined) return callerOf(accounts, machine, known)
  return accounts.serviceAccount(machine).then((principal) => callerOf(accounts, machine, principal))
}

function callerOf(accounts: Known, machine: MachineIdentity, given: Principal): Caller {
  const principal = holding(given)
  const { issuer, subject, models, roles, expiresAt } = machine
  return {
    principal,
    // Not those of the account: a person's token at a trusted issuer is no sign-in, and makes nobody an admin.
    roles,
    session: null,
    credential: { kind: 'token', issuer },
    via: 'bearer',
    modelLists: listsOf(principal, models),
    tokenExpiresAt: expiresAt,
    unchanged: () => accounts.knownServiceAccount(issuer, subject) === principal,
    async check() {
      return listsOf(holding(await accounts.serviceAccount(machine)), models)
    },
  }
}

const listsOf = (principal: Principal, models: MachineIdentity['models']) =>
  [principal.models, models].filter((list) => list !== null)

function holding(principal: Principal): Principal {
  if (principal.status !== 'active') throw new AppError('account_disabled')
  return principal
}
