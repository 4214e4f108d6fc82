import { type AddressInfo, connect } from 'node:net'
import Fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { openEventStream } from './event-stream.js'

/** One stream to a client that reads or does not, which is told something after its signal has fired. */
async function ended(reads: boolean): Promise<{ text: string; afterMs: number; whole: boolean }> {
  const fastify = Fastify()
  const stop = new AbortController()
  const { promise: closed, resolve } = Promise.withResolvers<boolean>()
  fastify.get('/', async (_, reply) => {
    const events = openEventStream(reply, {}, stop.signal)
    reply.raw.on('close', () => resolve(reply.raw.writableFinished))
    // More than the system takes for somebody who does not read.
    for (let index = 0; index < 40 && !stop.signal.aborted; index++) await events.send('x'.repeat(1 << 20))
    await events.send('last')
    events.end()
  })
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  const socket = connect((fastify.server.address() as AddressInfo).port, '127.0.0.1', () =>
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
  )
  let text = ''
  const left = new Promise((done) => socket.on('close', done))
  socket.on('error', () => {})
  if (reads)
    socket.on('data', (chunk) => {
      text = (text + chunk.toString()).slice(-100)
    })
  await new Promise((done) => setTimeout(done, 500))
  const began = performance.now()
  stop.abort(new Error('the account was disabled'))
  const whole = await closed
  const afterMs = performance.now() - began
  // What the server has sent is on its way still.
  if (reads) await left
  socket.destroy()
  await fastify.close()
  return { text, afterMs, whole }
}

describe('an event stream', () => {
  it('T70: is cut some seconds after its call was ended, where its client does not read', async () => {
    const { afterMs, whole } = await ended(false)
    expect(whole).toBe(false)
    expect(afterMs).toBeGreaterThan(4500)
  })

  it('ends with its last event where its client reads', async () => {
    const { text, whole } = await ended(true)
    expect(whole).toBe(true)
    expect(text).toContain('data: "last"\n\n')
  })
})
