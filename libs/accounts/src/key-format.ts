import { hash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** Digits of base 62 that hold 256 bits, and 32. */
const [secretDigits, checkDigits] = [43, 6]
const form = /^gh_[0-9A-Za-z]{49}$/
/** Characters that are kept, by which its owner knows a key; they tell 42 of its 256 bits. */
const prefixLength = 10

/** A key that was just made. */
export interface NewKey {
  /** Shown once, and kept nowhere. */
  text: string
  hash: string
  prefix: string
}

/**
 * Makes a key: `gh_`, 256 random bits, and the CRC-32 of all before it, in letters and digits alone, so that a double
 * click takes the whole of it. The checksum is no secret: it tells a typo from a key that does not hold.
 */
export function newKey(): NewKey {
  const secret = baseSixtyTwo(BigInt(`0x${randomBytes(32).toString('hex')}`), secretDigits)
  const text = `gh_${secret}${checksum(`gh_${secret}`)}`
  return { text, hash: digest(text), prefix: text.slice(0, prefixLength) }
}

/**
 * What a key is found by, or `malformed` for what was never one of ours: cut off, or mistyped.
 * @returns the SHA-256 of the whole text, base64url; 256 random bits need no salt and no slow hash
 */
export function keyHash(text: string): string | 'malformed' {
  if (!form.test(text) || checksum(text.slice(0, -checkDigits)) !== text.slice(-checkDigits))
    return 'malformed'
  return digest(text)
}

const digest = (text: string) => hash('sha256', text, 'base64url')
const checksum = (text: string) => baseSixtyTwo(BigInt(crc32(text)), checkDigits)

function baseSixtyTwo(value: bigint, length: number): string {
  let text = ''
  for (let rest = value; text.length < length; rest /= 62n) text = digits.charAt(Number(rest % 62n)) + text
  return text
}
