import { TokenError } from './token-error.js'

/** @throws TokenError for an address that a secret must not be sent to */
export function checkedTokenUrl(address: string): string {
  if (!URL.canParse(address))
    throw new TokenError('invalid_configuration', 'tokenUrl must be an absolute address.')
  const url = new URL(address)
  if (url.username || url.password || url.hash)
    throw new TokenError('invalid_configuration', 'tokenUrl must have no user, password or fragment.')
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname)))
    throw new TokenError(
      'invalid_configuration',
      `tokenUrl must be https, or http on this machine: a secret would cross the network in the open to ${url.host}.`,
    )
  return address
}

/** RFC 6761 (6.3) for the name; the parser of URLs has brought numbers of any form into four parts. */
function isLoopback(host: string): boolean {
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '[::1]' ||
    /^127\.\d+\.\d+\.\d+$/.test(host)
  )
}
