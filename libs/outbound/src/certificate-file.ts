import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs'
import { promisify } from 'node:util'

/** Why a certificate file cannot be used. */
export type CertificateProblem =
  | 'missing_file'
  | 'no_certificate'
  | 'no_key'
  | 'encrypted_key'
  | 'unsuitable_key'
  | 'mismatch'
  | 'expired'
  | 'not_yet_valid'

/** A certificate file that cannot be used; the message names the path and nothing of the content. */
export class CertificateError extends Error {
  readonly problem: CertificateProblem
  readonly path: string

  constructor(problem: CertificateProblem, path: string, sentence: string, cause?: unknown) {
    super(`${path}: ${sentence}`, { cause })
    this.name = 'CertificateError'
    this.problem = problem
    this.path = path
  }
}

/** A certificate with the private key that belongs to it. */
export interface CertificateAndKey {
  certificate: X509Certificate
  key: KeyObject
}

/** `node:fs/promises` would cost the sidecar 3 MB. */
const read = promisify(readFile)
const certificateBlock = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g
const keyBlock = /-----BEGIN ((?:RSA |ENCRYPTED )?PRIVATE KEY)-----[\s\S]+?-----END \1-----/

/**
 * Reads a PEM file that holds an RSA key and its certificate, in any order, other certificates of the chain beside it.
 * @throws CertificateError
 */
export async function readCertificateFile(path: string, now = Date.now()): Promise<CertificateAndKey> {
  const pem = await read(path, 'latin1').catch((cause: unknown) => {
    throw new CertificateError('missing_file', path, 'the certificate file cannot be read.', cause)
  })
  const key = readKey(pem, path)
  const blocks = pem.match(certificateBlock) ?? []
  if (blocks.length === 0)
    throw new CertificateError('no_certificate', path, 'there is no certificate in the file.')

  const certificate = blocks.map((block) => parse(block, path)).find((one) => one.checkPrivateKey(key))
  if (!certificate)
    throw new CertificateError('mismatch', path, 'the key does not belong to the certificate.')
  if (now > certificate.validToDate.getTime()) {
    throw new CertificateError('expired', path, `the certificate expired on ${certificate.validTo}.`)
  }
  if (now < certificate.validFromDate.getTime()) {
    throw new CertificateError(
      'not_yet_valid',
      path,
      `the certificate is valid from ${certificate.validFrom} on.`,
    )
  }
  return { certificate, key }
}

function readKey(pem: string, path: string): KeyObject {
  const [block, label] = keyBlock.exec(pem) ?? []
  if (!block) throw new CertificateError('no_key', path, 'there is no private key in the file.')
  if (label === 'ENCRYPTED PRIVATE KEY' || block.includes('Proc-Type: 4,ENCRYPTED')) {
    throw new CertificateError(
      'encrypted_key',
      path,
      'the private key is encrypted; store it without a password.',
    )
  }
  const key = parseOr(() => createPrivateKey(block), 'no_key', path, 'the private key cannot be read.')
  if (key.asymmetricKeyType !== 'rsa') {
    throw new CertificateError('unsuitable_key', path, 'the private key must be an RSA key.')
  }
  return key
}

function parse(block: string, path: string): X509Certificate {
  return parseOr(() => new X509Certificate(block), 'no_certificate', path, 'the certificate cannot be read.')
}

function parseOr<T>(read: () => T, problem: CertificateProblem, path: string, sentence: string): T {
  try {
    return read()
  } catch (cause) {
    throw new CertificateError(problem, path, sentence, cause)
  }
}
