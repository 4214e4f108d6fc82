import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createCertificate,
  type EntraOptions,
  type EntraStandIn,
  type RunningServer,
  startEntra,
  startServer,
  type TestCertificate,
} from '@gatehouse/testing'
import { afterEach } from 'vitest'
import { createLog } from '../src/log.js'
import { readSettings } from '../src/settings.js'
import { startSidecar } from '../src/sidecar.js'

export const tenantId = '11111111-2222-3333-4444-555555555555'
export const clientId = '66666666-7777-8888-9999-000000000000'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** Called after the test that runs. */
export const afterwards = (close: () => unknown): void => void closing.push(close)

/** An upstream that Node's own server is. */
export async function serve(listener: RequestListener): Promise<RunningServer> {
  const server = await startServer(listener)
  afterwards(server.close)
  return server
}

/** An upstream of bare sockets. */
export async function serveTcp(onConnection: (socket: Socket) => void): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {})
    afterwards(() => socket.destroy())
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterwards(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A folder that is removed with the test. */
export async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'sidecar-'))
  afterwards(() => rm(path, { recursive: true, force: true }))
  return path
}

export interface TestSidecar {
  url: string
  metricsUrl: string | undefined
  entra: EntraStandIn
  certificate: TestCertificate
  certificatePath: string
  /** Lines of the log so far. */
  log: Record<string, unknown>[]
  /** Stops it, as a signal does. */
  close(): Promise<void>
}

/** An issuer, and a sidecar in this process that goes to an upstream. */
export async function sidecarTo(
  upstream: string,
  environment: Record<string, string> = {},
  entraOptions: Partial<EntraOptions> & { lookEveryMs?: number } = {},
): Promise<TestSidecar> {
  const certificate = entraOptions.certificate ?? createCertificate()
  const entra = await startEntra({ tenantId, clientId, certificate, ...entraOptions })
  afterwards(entra.close)
  const certificatePath = join(await folder(), 'client.pem')
  await writeFile(certificatePath, certificate.cert + certificate.key)
  await chmod(certificatePath, 0o600)
  const log: Record<string, unknown>[] = []
  const { settings } = readSettings({
    AZURE_CLIENT_ID: clientId,
    AZURE_TENANT_ID: tenantId,
    AZURE_CERTIFICATE_PATH: certificatePath,
    AZURE_AUTHORITY_HOST: entra.url,
    API_BASE_URL: upstream,
    PORT: '0',
    DRAIN_TIMEOUT_SECONDS: '5',
    ...environment,
  })
  const sidecar = await startSidecar(
    settings,
    createLog('debug', (line) => void log.push(JSON.parse(line))),
    entraOptions.lookEveryMs,
  )
  afterwards(() => sidecar.close())
  return {
    url: sidecar.url,
    metricsUrl: sidecar.metricsUrl,
    entra,
    certificate,
    certificatePath,
    log,
    close: sidecar.close,
  }
}

/** A caller of bare sockets. */
export interface Caller {
  socket: Socket
  /** All that came so far, as latin1. */
  received(): string
  /** Resolves with all that came once it holds a text, or ends. */
  until(text: string): Promise<string>
}

export function call(url: string, bytes: string | Buffer): Caller {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  afterwards(() => socket.destroy())
  socket.on('error', () => {})
  let received = ''
  let ended = false
  let wake = () => {}
  socket.on('data', (piece: Buffer) => {
    received += piece.toString('latin1')
    wake()
  })
  socket.on('close', () => {
    ended = true
    wake()
  })
  socket.write(bytes)
  return {
    socket,
    received: () => received,
    async until(text) {
      while (!received.includes(text) && !ended) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      return received
    },
  }
}

/** Whether something becomes true within ten seconds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < 1000; tries++) {
    if (await condition()) return true
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return false
}
