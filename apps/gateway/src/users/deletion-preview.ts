import type { Accounts } from '@gatehouse/accounts'
import { AppError, type DeletionPreview } from '@gatehouse/contracts'
import type { CallLog } from '@gatehouse/usage'

/** What the deletion of a person would remove, and until when it could be taken back. @throws AppError `not_found` */
export async function deletionPreview(
  accounts: Accounts,
  calls: CallLog,
  id: string,
): Promise<DeletionPreview> {
  const [{ email, deletable, deadline, ...counts }, history] = await Promise.all([
    accounts.me.belongings(id),
    calls.count(id),
  ])
  const until = deadline.toISOString()
  return {
    user_id: id,
    email,
    possible: deletable,
    recovery_deadline: until,
    removed: { ...counts, ...history },
    message: deletable
      ? `Nothing of the account would work any more. Until ${until} an administrator could restore it; then all of this is removed, and of the calls the figures alone stay.`
      : new AppError('last_admin').message,
  }
}
