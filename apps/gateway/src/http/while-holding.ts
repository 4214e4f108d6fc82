import type { Accounts } from '@gatehouse/accounts'
import { AppError } from '@gatehouse/contracts'
import type { Caller } from './caller.js'

/** Milliseconds after which it is asked anew whether somebody may still read on. */
const askAgainMs = 2000

/**
 * The pieces of a long answer, for as long as whoever reads them may: their sender waits for the reader, who may take
 * hours. The answer breaks off, so that nobody takes a part of it for the whole.
 * @param check throws where they may no more
 */
export async function* whileHolding<Piece>(
  pieces: AsyncIterable<Piece>,
  check: () => Promise<unknown>,
  everyMs = askAgainMs,
): AsyncGenerator<Piece> {
  let askedAt = performance.now()
  for await (const piece of pieces) {
    if (performance.now() - askedAt >= everyMs) {
      await check()
      askedAt = performance.now()
    }
    yield piece
  }
}

/** Whether a caller still is an admin. A machine's role is a rule of the operator's, which holds as long as its token. */
export async function checkAdmin(caller: Caller, accounts: Pick<Accounts, 'principal'>): Promise<void> {
  await caller.check()
  if (!caller.session) return
  const now = await accounts.principal(caller.principal.id)
  if (!now?.roles.includes('admin')) throw new AppError('admin_required')
}
