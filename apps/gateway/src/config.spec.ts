import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig } from './config.js'

describe('the configuration of a gateway', () => {
  let dataDir: string
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-'))
  })
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

  it('makes the secret of development once, and anew where a crash left it empty or cut', () => {
    const file = join(dataDir, 'jwt-secret')
    const { jwtSecret: first } = loadConfig({ DATA_DIR: dataDir })
    expect(Buffer.byteLength(first)).toBeGreaterThanOrEqual(32)
    expect(loadConfig({ DATA_DIR: dataDir }).jwtSecret).toBe(first)
    for (const left of ['', first.slice(0, 31), '\n'.repeat(64)]) {
      writeFileSync(file, left)
      const { jwtSecret } = loadConfig({ DATA_DIR: dataDir })
      expect(Buffer.byteLength(jwtSecret)).toBeGreaterThanOrEqual(32)
      expect(readFileSync(file, 'utf8')).toBe(jwtSecret)
    }
    expect(statSync(file).mode & 0o077).toBe(0)
    expect(readdirSync(dataDir)).toEqual(['jwt-secret'])
  })

  it('names the variable of a folder that cannot be had', () => {
    const file = join(dataDir, 'a-file')
    writeFileSync(file, '')
    for (const path of [file, join(file, 'below')]) {
      expect(() => loadConfig({ DATA_DIR: path })).toThrow(/^DATA_DIR: .*cannot be written to/)
      expect(() => loadConfig({ DATA_DIR: dataDir, LOG_DIR: path })).toThrow(
        /^LOG_DIR: .*cannot be written to/,
      )
    }
  })

  it('warns in production of addresses that are http or lie in a private network, and of no others', () => {
    const warnings = (address: string, NODE_ENV = 'production') =>
      loadConfig({
        NODE_ENV,
        DATA_DIR: dataDir,
        PUBLIC_URL: 'https://gatehouse.example.com',
        JWT_SECRET: 'x8Qn2vLr7TzKp4Yw9JdHs6FgBc3MaEu1RiOo',
        OPENAI_BASE_URL: address,
      }).warnings
    for (const host of [
      '10.1.2.3',
      '0x0a.1.2.3',
      '172.31.0.1:8443',
      '192.168.0.1',
      '169.254.169.254',
      '100.64.0.1',
      '[fd00::1]',
      '[fe80::1]',
      '[::ffff:10.1.2.3]',
    ]) {
      expect(warnings(`https://${host}/v1`), host).toEqual([
        'OPENAI_BASE_URL is an address of a private network.',
      ])
    }
    expect(warnings('http://10.1.2.3/v1')).toHaveLength(2)
    expect(warnings('http://models.example.com/v1')).toEqual([expect.stringContaining('http address')])
    for (const address of [
      'https://api.openai.com/v1',
      'https://11.1.2.3/v1',
      'https://172.32.0.1/v1',
      'https://[2001:db8::1]/v1',
      'http://127.0.0.1:9999/v1',
    ]) {
      expect(warnings(address), address).toEqual([])
    }
    expect(warnings('http://10.1.2.3/v1', 'development')).toEqual([])
  })
})
