import { chmod, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createCertificate } from '@gatehouse/testing'
import { describe, expect, it } from 'vitest'
import { folder, serve, sidecarTo, until } from './harness.js'

const health = async (url: string) => (await fetch(`${url}/health`)).status

describe('the certificate', () => {
  it('T86: that is replaced on disk is used at once, without a restart', async () => {
    const upstream = await serve((_request, response) => response.end())
    const sidecar = await sidecarTo(upstream.url, {}, { lookEveryMs: 50 })
    expect(await until(() => sidecar.entra.issued.length === 1)).toBe(true)
    const next = createCertificate({ commonName: 'the next one' })
    await writeFile(sidecar.certificatePath, next.key + next.cert)
    // The issuer knows it not yet: the old token serves meanwhile.
    expect(await until(() => sidecar.entra.refusal() === 'unknown certificate')).toBe(true)
    expect(await health(sidecar.url)).toBe(200)
    await writeFile(sidecar.certificatePath, sidecar.certificate.cert + sidecar.certificate.key)
    expect(await until(() => sidecar.entra.issued.length === 2)).toBe(true)
  })

  it('T86: that is replaced by one that cannot be used is told, and the old token serves', async () => {
    const upstream = await serve((_request, response) => response.end())
    const sidecar = await sidecarTo(upstream.url, {}, { lookEveryMs: 50 })
    expect(await until(() => sidecar.entra.issued.length === 1)).toBe(true)
    await writeFile(sidecar.certificatePath, 'nonsense')
    expect(
      await until(() =>
        sidecar.log.some(
          ({ level, reason }) => level === 'error' && String(reason).includes('no private key'),
        ),
      ),
    ).toBe(true)
    await rm(sidecar.certificatePath)
    expect(await health(sidecar.url)).toBe(200)
    expect(sidecar.entra.requests).toHaveLength(1)
  })

  it('T86: says how many days it has left, and warns before the last ones', async () => {
    const upstream = await serve((_request, response) => response.end())
    const certificate = createCertificate({ notAfter: new Date(Date.now() + 7.5 * 86_400_000) })
    const sidecar = await sidecarTo(upstream.url, {}, { certificate })
    expect(sidecar.log).toContainEqual(
      expect.objectContaining({ msg: 'certificate', daysLeft: 7, subject: 'CN=gatehouse test' }),
    )
    expect(
      await until(() => sidecar.log.some(({ level, daysLeft }) => level === 'warn' && daysLeft === 7)),
    ).toBe(true)
  })

  it('T86: in a file that others may read is a warning', async () => {
    const upstream = await serve((_request, response) => response.end())
    const certificate = createCertificate()
    const path = join(await folder(), 'loose.pem')
    await writeFile(path, (certificate.cert + certificate.key).replaceAll('\n', '\r\n'))
    await chmod(path, 0o644)
    const loose = await sidecarTo(upstream.url, { AZURE_CERTIFICATE_PATH: path }, { certificate })
    const warned = (log: Record<string, unknown>[]) =>
      log.some(({ level, msg }) => level === 'warn' && /chmod 600/.test(String(msg)))
    expect(warned(loose.log)).toBe(true)
    // With line ends of Windows it works all the same.
    expect(await until(() => loose.entra.issued.length === 1)).toBe(true)
    expect(warned((await sidecarTo(upstream.url)).log)).toBe(false)
  })
})
