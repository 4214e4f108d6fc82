import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodePart } from '@gatehouse/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FileTokenCredential } from './file-token-credential.js'
import { ProxyAuthHandler } from './proxy-auth-handler.js'

const end = Math.floor(Date.now() / 1000) + 3600
const tokenOf = (name: string) => `${encodePart({ alg: 'none' })}.${encodePart({ exp: end, name })}.x`

describe('a token in a file', () => {
  let folder: string
  let path: string
  /** As a kubelet does it: a new folder, a link to it, and the link put in the place of the one before. */
  const project = (name: string, content: string) => {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, 'token'), content)
    symlinkSync(name, join(folder, '..data_tmp'))
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
  }
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'token-'))
    symlinkSync(join('..data', 'token'), join(folder, 'token'))
    path = join(folder, 'token')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('is given with the end that it names itself, without the line break after it', async () => {
    project('first', `${tokenOf('a')}\n`)
    const { token, expiresOnTimestamp } = await new FileTokenCredential({ path }).getToken()
    expect([token, expiresOnTimestamp]).toEqual([tokenOf('a'), end * 1000])
  })

  it('is read again as soon as it was replaced, by handler and credential', async () => {
    const credential = new FileTokenCredential({ path })
    const handler = new ProxyAuthHandler({ credential })
    for (const name of ['a', 'b', 'c']) {
      project(name, tokenOf(name))
      expect((await handler.getToken()).token).toBe(tokenOf(name))
      expect((await credential.getToken()).token).toBe(tokenOf(name))
    }
  })

  it('goes on serving from the handler while the file is away, as long as it is valid', async () => {
    project('first', tokenOf('a'))
    const handler = new ProxyAuthHandler({ credential: new FileTokenCredential({ path }) })
    await handler.getToken()
    unlinkSync(join(folder, '..data'))
    expect((await handler.getToken()).token).toBe(tokenOf('a'))
    project('second', '\n')
    expect((await handler.getToken()).token).toBe(tokenOf('a'))
    handler.refuse(tokenOf('a'))
    await expect(handler.getToken()).rejects.toThrow('is empty')
  })

  it('serves five minutes where it does not say its end', async () => {
    project('first', 'opaque')
    const { expiresOnTimestamp } = await new FileTokenCredential({ path }).getToken()
    expect(Math.abs(expiresOnTimestamp - Date.now() - 300_000)).toBeLessThan(20_000)
  })

  it('that is not there is said with its path', async () => {
    const error = await new FileTokenCredential({ path }).getToken().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'unreachable', message: `The token file ${path} cannot be read.` })
    expect(() => new FileTokenCredential({ path: '' })).toThrow('path must name')
  })
})
