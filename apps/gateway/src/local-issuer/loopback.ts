import type { IncomingMessage } from 'node:http'

/** Whether a host name or address is this machine and nothing else. */
export function isLoopbackHost(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i.test(host)
}

/** Throws an Error where the local sign-in would let strangers in: in production, or reachable from another machine. */
export function assertLocal(settings: { production: boolean; host: string; publicUrl: string }): void {
  if (settings.production) throw new Error('The local sign-in cannot be turned on in production.')
  if (!isLoopbackHost(settings.host))
    throw new Error(
      `The local sign-in cannot be turned on while HOST is ${settings.host}: it lets anyone be anyone.`,
    )
  const { hostname } = new URL(settings.publicUrl)
  if (!isLoopbackHost(hostname))
    throw new Error(
      `The local sign-in cannot be turned on while PUBLIC_URL names ${hostname}: it lets anyone be anyone.`,
    )
}

/**
 * Whether a request comes from this machine and was meant for us. A page of another site can make the browser call loopback
 * under a name of its own (DNS rebinding), and a proxy on this machine may be open to others; both show in `Host`.
 */
export function isLocalRequest({ socket, headers }: IncomingMessage, publicUrl: URL): boolean {
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '')
  return isLoopbackHost(address) && headers.host === publicUrl.host
}

/** Whether an unsafe request comes from a page of ours, or from no page at all. */
export function isSameOrigin({ headers }: IncomingMessage, publicUrl: URL): boolean {
  const site = headers['sec-fetch-site']
  return (
    (headers.origin ?? publicUrl.origin) === publicUrl.origin &&
    (site === undefined || site === 'same-origin')
  )
}
