import { expect, it } from 'vitest'
import { sentenceOfCode } from './refusals.ts'

const sentence = (code: string | undefined) => sentenceOfCode(code, 'https://gate.example.com')?.sentence

it('says what happened and what to do', () => {
  expect(sentence('sign_in_cancelled')).toBe('Sign-in cancelled. Choose a way in to try again.')
  expect(sentence('unsupported_provider')).toBe(
    'There is no such way to sign in here. Choose one of those below.',
  )
  expect(sentence('domain_not_allowed')).toContain('ALLOWED_EMAIL_DOMAINS')
  expect(sentence('sign_in_failed')).toContain('https://gate.example.com/auth/<provider>/callback')
})

it('alarms nobody about what they chose themselves', () => {
  expect(sentenceOfCode('sign_in_cancelled', '')?.calm).toBe(true)
  expect(sentenceOfCode('account_disabled', '')?.calm).toBe(false)
})

it('T71: has no words for what is no code of ours', () => {
  for (const code of ['<script>alert(1)</script>', 'toString', '', undefined])
    expect(sentence(code)).toBeUndefined()
})
