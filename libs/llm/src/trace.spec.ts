import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { quotedTrace, traceOf } from './trace.js'

describe('what the log is told of a foreign error', () => {
  it('T57: is its class, the status and the name of the request, none of its words', () => {
    class ServerError extends Error {}
    const error = new ServerError('the prompt was: attack at dawn\n    at attack (dawn.js:1:1)')
    error.name = 'dawn'
    const trace = traceOf(error, ['secret-key'], { status: 500, requestId: 'req_0123456789abcdef' })
    expect(trace.message).toBe('ServerError, status 500, request req_0123456789abcdef')
    expect(inspect(trace, { showHidden: true })).not.toContain('dawn')
  })

  it('T57: names no request by a secret, or by more than a name', () => {
    expect(traceOf(new Error(), ['secret-key'], { requestId: 'a-secret-key' }).message).toBe(
      'Error, request a-[removed]',
    )
    expect(traceOf(new Error(), [], { requestId: 'attack at dawn' }).message).toBe('Error')
  })

  it('says where a defect is, and keeps its message back', () => {
    try {
      Reflect.apply(Map.prototype.get, 'attack at dawn', [])
    } catch (error) {
      expect(String(error)).toContain('dawn')
      const { stack = '' } = traceOf(error, [])
      expect(stack).toMatch(/^TypeError\n {4}at /)
      expect(stack).toContain('trace.spec')
      expect(stack).not.toContain('dawn')
    }
    expect.assertions(4)
  })

  it('quotes what a socket said, with its code and its causes and without secrets', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:443'), { code: 'ECONNREFUSED' })
    const trace = quotedTrace(new Error('no way, secret-key', { cause }), ['secret-key'])
    expect(trace.message).toBe('Error: no way, [removed]')
    expect(trace.cause).toMatchObject({
      message: 'Error: connect ECONNREFUSED 10.0.0.1:443',
      code: 'ECONNREFUSED',
    })
    expect(quotedTrace(trace, [])).toBe(trace)
    cause.cause = cause
    expect(quotedTrace(cause, []).message).toContain('ECONNREFUSED')
  })
})
