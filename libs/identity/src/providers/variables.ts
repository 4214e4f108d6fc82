import { z } from 'zod'

/** A text that is absent when the variable is unset, empty or blank: a blank client id must never count as one (T05). */
export const optionalText = z
  .string()
  .trim()
  .optional()
  .transform((text) => text || undefined)

function isWebAddress(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, search, hash } = new URL(text)
  return /^https?:$/.test(protocol) && username === '' && password === '' && search === '' && hash === ''
}

const wrongAddress = 'must be an http or https address without credentials, query or fragment'

/** An address, kept to the letter, since issuers are compared exactly (RFC 8414 section 3.3). */
export function address(fallback: string) {
  return optionalText.transform((text) => text ?? fallback).refine(isWebAddress, wrongAddress)
}

/** As `address`, without a default. */
export const optionalAddress = optionalText.refine(
  (text) => text === undefined || isWebAddress(text),
  wrongAddress,
)

/** The same address without the slashes at its end, to append a path to. */
export function trimSlash(text: string): string {
  return text.replace(/\/+$/, '')
}
