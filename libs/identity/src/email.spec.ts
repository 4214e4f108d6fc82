import { describe, expect, it } from 'vitest'
import { emailDomain, normaliseEmail } from './email.js'

describe('normaliseEmail', () => {
  it('lowers the case of ASCII letters', () => {
    expect(normaliseEmail('Ada.Lovelace@CORP.com')).toBe('ada.lovelace@corp.com')
    expect(normaliseEmail('admin@localhost')).toBe('admin@localhost')
    expect(normaliseEmail("o'brien+tag@mail.example.co.uk")).toBe("o'brien+tag@mail.example.co.uk")
  })

  it.each([
    ['two @', 'a@evil@corp.com'],
    ['a NUL at the end', 'a@corp.com\u0000'],
    ['a trailing dot', 'a@corp.com.'],
    ['a dotless i', 'a@m\u0131crosoft.com'],
    ['a dotted capital I', 'a@M\u0130CROSOFT.com'],
    ['a Kelvin sign', 'a@\u212Aiosk.com'],
    ['300 characters', `${'a'.repeat(288)}@corp.com.uk`],
    ['a local part of 65 characters', `${'a'.repeat(65)}@corp.com`],
    ['no local part', '@corp.com'],
    ['no domain', 'a@'],
    ['a space', 'a b@corp.com'],
    ['a line break', 'a@corp.com\n'],
    ['an empty label', 'a@corp..com'],
    ['a leading dot', 'a@.corp.com'],
    ['a quoted local part', '"a@b"@corp.com'],
    ['angle brackets', '<a@corp.com>'],
    ['an address literal', 'a@[127.0.0.1]'],
    ['a list', 'a@corp.com,b@corp.com'],
    ['an empty text', ''],
    ['null', null],
    ['a number', 7],
    ['an array', ['a@corp.com']],
  ])('T09: refuses %s', (_, address) => {
    expect(normaliseEmail(address)).toBeNull()
    expect(emailDomain(address)).toBeNull()
  })
})

describe('emailDomain', () => {
  it('T09: gives the domain alone, in lower case', () => {
    expect(emailDomain('a@CORP.com')).toBe('corp.com')
    expect(emailDomain('corp.com@evil.test')).toBe('evil.test')
  })
})
