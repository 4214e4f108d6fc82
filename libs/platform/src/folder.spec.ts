import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeFolder } from './folder.js'

describe('making a folder', () => {
  let root: string
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'folder-'))
  })
  afterAll(() => rmSync(root, { recursive: true }))

  it('makes those above it too, with the mode that was asked for, and leaves one that is there', () => {
    const path = join(root, 'a', 'b', 'c')
    makeFolder(path, 0o700)
    makeFolder(path)
    for (const each of [join(root, 'a'), path]) {
      expect(statSync(each).isDirectory()).toBe(true)
      if (process.platform !== 'win32') expect(statSync(each).mode & 0o777).toBe(0o700)
    }
  })

  it.skipIf(!existsSync('/proc/self'))('fails at once where the system makes none, as in /proc', () => {
    expect(() => makeFolder('/proc/gatehouse')).toThrow('ENOENT')
    expect(() => makeFolder('/proc/gatehouse/spool')).toThrow('ENOENT')
  })

  it('fails where a file stands, or a link that leads nowhere', () => {
    writeFileSync(join(root, 'file'), '')
    symlinkSync(join(root, 'nowhere', 'else'), join(root, 'link'))
    for (const name of ['file', 'file/x', 'file/x/y', 'link', 'link/x'])
      expect(() => makeFolder(join(root, name)), name).toThrow(/EEXIST|ENOTDIR/)
  })
})
