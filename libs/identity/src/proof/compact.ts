import { assertUniqueMembers } from './unique-members.js'

/** A JSON Web Signature in compact form, taken apart; nothing in it is verified. */
export interface CompactToken {
  header: Record<string, unknown>
  payload: Record<string, unknown>
}

/**
 * Takes a compact JWS apart (RFC 7515 section 3.1), more strictly than the libraries do: exactly three parts, base64url in its
 * one canonical spelling without padding, UTF-8, two JSON objects without repeated members. Two parsers can then not disagree
 * about what was signed. Throws an Error whose message never quotes the token.
 */
export function parseCompact(token: string, maximumLength: number): CompactToken {
  // Before anything is decoded: a token of megabytes costs nothing (T19).
  if (token.length > maximumLength) throw new Error('the token is too long')
  const parts = token.split('.')
  const [header, payload, signature] = parts
  if (parts.length !== 3 || !header || !payload || !signature)
    throw new Error('the token is not a signed JWT')
  decode(signature)
  return { header: parseObject(header), payload: parseObject(payload) }
}

function decode(part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url')
  if (bytes.toString('base64url') !== part) throw new Error('the token is not base64url')
  return bytes
}

function parseObject(part: string): Record<string, unknown> {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(decode(part))
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The parser's own message quotes the text.
    throw new Error('a part of the token is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('a part of the token is not a JSON object')
  assertUniqueMembers(text)
  return value as Record<string, unknown>
}
