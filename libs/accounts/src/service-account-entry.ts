import { type Database, databaseFailure } from '@gatehouse/platform'
import { v7 as uuidv7 } from 'uuid'
import { appendAudit } from './audit.js'

/** What a token of a trusted issuer says of the machine that holds it. */
export interface MachineAccount {
  /** Id of the issuer in the configuration. */
  provider: string
  issuer: string
  subject: string
  /** How it is called when it is made; from then on admins name it. */
  name: string | null
}

/** Nobody asked for it: the first token did. */
const firstUse = { principalId: null, address: null, userAgent: null, requestId: null }

/**
 * The account of (issuer, subject), made where there is none. A person's own identity is that person, also for a machine
 * that has their token: there is never a second account. Of two replicas that make it at once one does.
 */
export async function enterServiceAccount(database: Database, machine: MachineAccount) {
  const { provider, issuer, subject, name } = machine
  const find = () =>
    database.client.identity.findUnique({
      where: { issuer_subject: { issuer, subject } },
      include: { principal: true },
    })
  const known = await find()
  if (known) return known.principal
  try {
    return await database.transaction(async (transaction) => {
      const principal = await transaction.principal.create({
        data: {
          id: uuidv7(),
          kind: 'service',
          name,
          roles: ['member'],
          lastSeenAt: new Date(),
          identities: { create: { id: uuidv7(), provider, issuer, subject, emailVerified: false } },
        },
      })
      await appendAudit(transaction, firstUse, {
        action: 'service_account.created',
        target: { kind: 'principal', id: principal.id },
        // Neither subject nor name: a person may come with this identity one day, and the log outlives their account (T90).
        after: { provider, issuer },
      })
      return principal
    })
  } catch (error) {
    if (databaseFailure(error).kind !== 'unique') throw error
    const made = await find()
    if (!made) throw error
    return made.principal
  }
}
