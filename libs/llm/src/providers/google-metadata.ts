import { text } from 'node:stream/consumers'
import { type AcquiredToken, findTransportError, type Transport } from '@gatehouse/outbound'
import { isFields } from '../translation/fields.js'

/** The same on every machine of Google's; by number, so that no name has to be looked up elsewhere. */
const usualHost = '169.254.169.254'
const path = '/computeMetadata/v1/instance/service-accounts/default/token'
/** It is on the machine itself, and where there is none the address may lead nowhere. */
const timeouts = { connectMs: 1_000, firstByteMs: 5_000 }

/**
 * A token of the service account of this machine, pod or function; `absent` where there is no such thing.
 * https://cloud.google.com/compute/docs/access/authenticate-workloads#applications
 */
export async function acquireMachineToken(
  host: string | undefined,
  transport: Transport,
  signal: AbortSignal,
): Promise<AcquiredToken | { absent: unknown }> {
  let response: Awaited<ReturnType<Transport['request']>>
  try {
    response = await transport.request({
      method: 'GET',
      url: `http://${host || usualHost}${path}`,
      headers: { 'metadata-flavor': 'Google' },
      signal,
      timeouts,
      maxResponseBytes: 64 * 1024,
    })
  } catch (cause) {
    const failure = findTransportError(cause)
    if (failure && !failure.headReceived && failure.kind !== 'aborted') return { absent: failure }
    throw cause
  }
  const body = await text(response.body)
  // Whoever else answers at this address is not believed; a machine may have no service account.
  if (response.headers['metadata-flavor'] !== 'Google') return { absent: 'no metadata server of Google' }
  if (response.status === 404) return { absent: 'a machine without a service account' }
  if (response.status !== 200) throw new Error(`The metadata server answered ${response.status}.`)
  const answer: unknown = JSON.parse(body)
  const { access_token: value, expires_in: life } = isFields(answer) ? answer : {}
  return {
    value: typeof value === 'string' ? value : '',
    expiresInSeconds: typeof life === 'number' ? life : undefined,
  }
}
