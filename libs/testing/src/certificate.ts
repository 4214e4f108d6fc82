import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** What a self-signed certificate says. */
export interface CertificateOptions {
  commonName?: string
  /** Names a server may be reached by. */
  dnsNames?: string[]
  notBefore?: Date
  notAfter?: Date
  /** In place of a fresh RSA key. */
  keys?: { publicKey: KeyObject; privateKey: KeyObject }
}

/** A certificate and its key, both in PEM, and the thumbprint that `x5t#S256` holds. */
export interface TestCertificate {
  cert: string
  key: string
  thumbprint: string
  publicKey: KeyObject
}

const day = 24 * 60 * 60 * 1000

/** Makes a self-signed X.509 certificate (RFC 5280), so that no key has to lie in the repository. */
export function createCertificate(options: CertificateOptions = {}): TestCertificate {
  const { commonName = 'gatehouse test', dnsNames = ['localhost'] } = options
  const { publicKey, privateKey } = options.keys ?? generateKeyPairSync('rsa', { modulusLength: 2048 })
  const notBefore = options.notBefore ?? new Date(Date.now() - day)
  const notAfter = options.notAfter ?? new Date(Date.now() + day)

  const algorithm = sequence(objectId('2a864886f70d01010b'), der(0x05))
  const name = sequence(der(0x31, sequence(objectId('550403'), der(0x0c, Buffer.from(commonName)))))
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    name,
    sequence(utcTime(notBefore), utcTime(notAfter)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(authority(), alternativeNames(dnsNames))),
  )
  const signature = sign('sha256', body, privateKey)
  const certificate = sequence(body, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])))

  return {
    cert: pem('CERTIFICATE', certificate),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    thumbprint: createHash('sha256').update(certificate).digest('base64url'),
    publicKey,
  }
}

/** Basic constraints: an authority, since it signs itself. */
function authority(): Buffer {
  return sequence(
    objectId('551d13'),
    der(0x01, Buffer.from([0xff])),
    der(0x04, sequence(der(0x01, Buffer.from([0xff])))),
  )
}

function alternativeNames(names: string[]): Buffer {
  const list = names.map((name) => der(0x82, Buffer.from(name)))
  return sequence(objectId('551d11'), der(0x04, sequence(...list)))
}

/** Tag, length, content. */
function der(tag: number, content: Buffer = Buffer.alloc(0)): Buffer {
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts))
}

function objectId(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'))
}

function utcTime(date: Date): Buffer {
  const digits = date.toISOString().replace(/\D/g, '').slice(2, 14)
  return der(0x17, Buffer.from(`${digits}Z`))
}

function pem(label: string, content: Buffer): string {
  const lines = content.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
