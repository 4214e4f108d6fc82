export { type CertificateOptions, createCertificate, type TestCertificate } from './certificate.js'
export { chromiumMissing, chromiumPath } from './chromium.js'
export {
  createPostgresDatabase,
  databases,
  openEmbeddedDatabase,
  openPostgresDatabase,
  type PostgresOfRun,
  type TestDatabase,
} from './databases.js'
export { freePort } from './free-port.js'
export * from './identity/index.js'
export { existingPostgres, type PostgresServer, postgresMissing, startPostgres } from './postgres.js'
export * from './providers/index.js'
export { type RunningServer, type ServerCertificate, startServer } from './server.js'
export { startTypeScript, type TypeScriptProcess } from './typescript-process.js'
