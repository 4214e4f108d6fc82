import { isIPv6 } from 'node:net'

/**
 * The network by which the asks of an address are counted. Who has one IPv6 address has 2^64 of them, the network of its
 * first half (RFC 4291 section 2.5.4); an IPv4 address is its own.
 */
export function networkOf(address: string): string {
  // ::ffff:192.0.2.1 is an IPv4 address.
  if (!isIPv6(address) || address.includes('.')) return address
  const [front = '', back] = address.split('::')
  const groups = front.split(':')
  const following = back?.split(':') ?? []
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - following.length) }, () => '0')
  return [...groups, ...(back === undefined ? [] : zeros), ...following]
    .slice(0, 4)
    .map((group) => Number.parseInt(group || '0', 16))
    .join(':')
}
