import { ConfigError } from '../config/parse.js'

/** Where a database is, for a sentence: the user and the password of its address are left out. */
export function placeOf(url: string): string {
  const { hostname, port, searchParams } = new URL(url)
  // A socket's folder is the parameter `host`: https://www.postgresql.org/docs/current/libpq-connect.html
  return hostname ? `${hostname}:${port || 5432}` : (searchParams.get('host') ?? 'localhost:5432')
}

/**
 * Why a server that answers lets nobody in, in terms of DATABASE_URL; any other error as it is. The server's own words
 * are quoted: they name user and database, and never the password.
 */
export function serverProblem(error: unknown, url: string): unknown {
  if (!(error instanceof Error)) return error
  const way = wayOut(Reflect.get(error, 'code'), error.message)
  return way === undefined
    ? error
    : new ConfigError('DATABASE_URL', `the server at ${placeOf(url)} says: ${error.message}. ${way}`, error)
}

/** By https://www.postgresql.org/docs/current/errcodes-appendix.html, and by the words of `pg` where it gives no code. */
function wayOut(code: unknown, message: string): string | undefined {
  if (code === '28P01')
    return 'Correct the user or the password; in an address a special character is written as %40 for @, and so on'
  if (code === '28000')
    return 'Correct the user, or allow this user and this machine there (roles and pg_hba.conf)'
  if (code === '3D000') return 'Create that database there, or name another one at the end of the address'
  if (code === '42501' || message.startsWith('permission denied for '))
    return 'Make the user the owner of the database (ALTER DATABASE … OWNER TO …), or name another user'
  if (/^SASL: .*password must be/.test(message))
    return 'It asks for a password: write one, as in postgres://user:password@host:5432/gatehouse'
  if (/does not support SSL/.test(message)) return 'Take sslmode out of the address'
  if (/^(SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|CERT_|ERR_TLS_)/.test(String(code)))
    return 'Its certificate is not trusted: name the authority with sslrootcert=FILE in the address'
  return undefined
}
