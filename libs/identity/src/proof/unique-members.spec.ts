import { describe, expect, it } from 'vitest'
import { assertUniqueMembers } from './unique-members.js'

describe('assertUniqueMembers', () => {
  it.each([
    '{}',
    '[]',
    '"a"',
    '{"a":1,"b":1}',
    '{"a":{"a":1},"b":{"a":2}}',
    '{"a":["a","a",{"a":"a"},{"a":"a"}]}',
    '{"a":"\\"a\\":","b":"a"}',
    '{"a":"}","A":"{"}',
    '{"":"","a":"\\\\"}',
    '{ "a" : [ ] , "b" : { } , "c" : [ { } , { } ] }',
  ])('takes %s', (text) => {
    JSON.parse(text)
    expect(() => assertUniqueMembers(text)).not.toThrow()
  })

  it.each([
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '{"x":{"a":1,"b":2,"a":3}}',
    '{"a":[{"b":1}],"c":2,"a":3}',
    '[1,{"a":"x","b":[],"a":"y"}]',
    '{"":1,"":2}',
    '{"a\\"":1,"a\\"":2}',
    '{ "a" : { } , "a" : [ ] }',
  ])('refuses %s', (text) => {
    JSON.parse(text)
    expect(() => assertUniqueMembers(text)).toThrow('repeated')
  })
})
