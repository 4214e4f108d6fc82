export { byApiNames } from './api-names.js'
export {
  connectDatabase,
  type Database,
  type DatabaseOptions,
  type DatabaseState,
  openDatabase,
} from './database.js'
export { draftMigration } from './draft-migration.js'
export { type DatabaseFailure, databaseFailure } from './failure.js'
export { Prisma, type PrismaClient } from './generated/client.js'
export { markMigration } from './mark-migration.js'
export { MigrationError } from './migrate.js'
export { packageRoot } from './package-root.js'
export type { InPlainTransaction, PlainQuery } from './plain-transaction.js'
export type { Say } from './say.js'
export { placeOf } from './server-problem.js'
export { makeTemplate } from './template.js'
export type { InTransaction, Transaction, TransactionOptions } from './transaction.js'
