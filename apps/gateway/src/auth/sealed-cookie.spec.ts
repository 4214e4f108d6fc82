import type { IncomingMessage } from 'node:http'
import Fastify, { type FastifyReply } from 'fastify'
import { describe, expect, it } from 'vitest'
import { createSealedCookie } from './sealed-cookie.js'

const secret = 'x8Qn2vLr7TzKp4Yw9JdHs6FgBc3MaEu1RiOo'

/** What a browser is told to keep, by what is done in a route. */
async function told(work: (request: IncomingMessage, reply: FastifyReply) => Promise<unknown>, cookie = '') {
  const fastify = Fastify()
  let result: unknown
  fastify.get('/', async (request, reply) => {
    result = await work(request.raw, reply)
    return 'ok'
  })
  const answer = await fastify.inject({ url: '/', headers: { cookie } })
  await fastify.close()
  return { result, lines: [answer.headers['set-cookie'] ?? []].flat() }
}

describe('a sealed cookie', () => {
  for (const secure of [true, false]) {
    it(`T73: ${secure ? 'on https can be set by no other host' : 'works on http'}, and gives back what was sealed once`, async () => {
      const sealed = createSealedCookie(secret, { name: 'sign_in', secure })
      const { lines } = await told((request, reply) =>
        sealed.set(request, reply, 'state1', { next: '/docs' }),
      )
      expect(lines).toHaveLength(1)
      const [pair = '', ...attributes] = (lines[0] ?? '').split('; ')
      expect(pair.split('=')[0]).toBe(secure ? '__Host-sign_in_state1' : 'sign_in_state1')
      expect(attributes).toEqual(
        expect.arrayContaining(['Path=/', 'HttpOnly', 'SameSite=Lax', 'Max-Age=900']),
      )
      expect(attributes.includes('Secure')).toBe(secure)
      // RFC 6265bis section 4.1.3.2: such a name with a Domain is refused.
      expect(attributes.some((attribute) => /^domain/i.test(attribute))).toBe(false)

      const taken = await told((request, reply) => sealed.take(request, reply, 'state1'), pair)
      expect(taken.result).toMatchObject({ next: '/docs' })
      expect(taken.lines[0]).toMatch(new RegExp(`^${pair.split('=')[0]}=; Max-Age=0; Path=/`))
      const planted = await told(
        (request, reply) => sealed.take(request, reply, 'state1'),
        pair.replace('__Host-', ''),
      )
      if (secure) expect(planted.result).toBeNull()
      const another = await told((request, reply) => sealed.take(request, reply, 'state2'), pair)
      expect(another.result).toBeNull()
    })
  }

  it('leaves room for every other header, however many sign-ins are begun', async () => {
    const sealed = createSealedCookie(secret, { name: 'gatehouse_sign_in', secure: true })
    const jar = new Map<string, string>()
    for (let time = 0; time < 10; time++) {
      const header = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
      const { lines } = await told(
        (request, reply) =>
          sealed.set(request, reply, `state${time}`, { transaction: 'x'.repeat(400), next: '/'.repeat(512) }),
        header,
      )
      for (const line of lines) {
        const [name = '', value = ''] = (line.split('; ')[0] ?? '').split('=')
        if (line.includes('Max-Age=0')) jar.delete(name)
        else jar.set(name, value)
      }
    }
    expect(jar.size).toBe(4)
    expect([...jar].join().length).toBeLessThan(8 << 10)
  })
})
