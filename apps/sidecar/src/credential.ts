import { stat } from 'node:fs'
import { promisify } from 'node:util'
import {
  type CertificateAndKey,
  createTokenSource,
  entraCertificateToken,
  readCertificateFile,
  type TokenSource,
  type Transport,
} from '@gatehouse/outbound'
import type { Log } from './log.js'
import type { Settings } from './settings.js'

/** Who we are at Entra ID, by the certificate of the file as it is now. */
export interface Credential {
  tokens: TokenSource
  /** Days until the certificate ends; part of one counts as none. */
  daysLeft(): number
  /** Token requests so far. */
  requests: { succeeded: number; failed: number }
  close(): void
}

/** `node:fs/promises` would cost 3 MB. */
const look = promisify(stat)
const dayMs = 86_400_000
/** From here on each new token comes with a warning. */
const warnDays = 30
/** The file is looked at this often: a renewed certificate is in use long before the old one's last token ends. */
const lookEveryMs = 30_000

/**
 * Checks the certificate, and gets tokens with it, the first at once.
 * @param everyMs how often the file is looked at
 * @throws CertificateError
 */
export async function openCredential(
  settings: Settings,
  transport: Transport,
  log: Log,
  everyMs: number = lookEveryMs,
): Promise<Credential> {
  const { certificatePath: path } = settings
  let identity = await readCertificateFile(path)
  const daysLeft = () => Math.floor((identity.certificate.validToDate.getTime() - Date.now()) / dayMs)
  const describe = () => ({
    subject: identity.certificate.subject.replaceAll('\n', ', '),
    sha256: identity.certificate.fingerprint256.replaceAll(':', ''),
    expires: identity.certificate.validToDate.toISOString(),
    daysLeft: daysLeft(),
  })
  log.info('certificate', { path, ...describe() })
  let seen = await stamp(path)
  if (seen !== undefined && seen.mode & 0o077)
    log.warn('the certificate file can be read by other users of this machine; chmod 600 it', { path })

  const requests = { succeeded: 0, failed: 0 }
  const onCertificate = (read: CertificateAndKey) => {
    identity = read
  }
  const acquire = entraCertificateToken({ ...settings, transport, onCertificate })
  const tokens = createTokenSource({
    keepFresh: true,
    async acquire(signal) {
      try {
        const token = await acquire(signal)
        requests.succeeded++
        const fields = { expiresInSeconds: token.expiresInSeconds, certificateDaysLeft: daysLeft() }
        log.info('new token', fields)
        if (daysLeft() < warnDays) log.warn('the certificate ends soon', describe())
        return token
      } catch (error) {
        requests.failed++
        log.error('no token', {
          reason: sentenceOf(error),
          oldTokenServes: tokens.validUntil() !== undefined,
        })
        throw error
      }
    },
  })

  const checkFile = async () => {
    const now = await stamp(path)
    if (now === undefined || now.text === seen?.text) return
    seen = now
    try {
      await readCertificateFile(path)
      log.info('the certificate file was replaced')
      tokens.renew()
    } catch (error) {
      log.error('the certificate file was replaced by one that cannot be used', { reason: sentenceOf(error) })
    }
  }
  const watch = setInterval(() => void checkFile(), everyMs).unref()
  tokens.renew()

  return {
    tokens,
    daysLeft,
    requests,
    close() {
      clearInterval(watch)
      tokens.close()
    },
  }
}

/** The message, and for what nobody foresaw its kind. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error)
}

/** What tells one file at a path from the next; undefined while there is none. */
async function stamp(path: string): Promise<{ mode: number; text: string } | undefined> {
  const found = await look(path).catch(() => undefined)
  return found && { mode: found.mode, text: `${found.ino} ${found.size} ${found.mtimeMs}` }
}
