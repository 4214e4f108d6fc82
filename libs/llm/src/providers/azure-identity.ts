import type { AccessToken, TokenCredential } from '@azure/identity'
import type { AcquiredToken, Transport } from '@gatehouse/outbound'
import { azureHttpClient } from './azure-http.js'

type Acquire = (signal: AbortSignal) => Promise<AcquiredToken>

interface IdentityOptions {
  transport: Transport
  scope: string
}

/**
 * Tokens of the machine's own identity, or of the user-assigned one that is named.
 * https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/overview
 */
export function acquireManagedIdentity(options: IdentityOptions & { clientId: string | undefined }): Acquire {
  return acquireWith(options.scope, async () => {
    const { ManagedIdentityCredential } = await import('@azure/identity')
    // Its five retries, over a minute, are for a machine that is just starting; ours begin with the next call.
    const common = { httpClient: azureHttpClient(options.transport), retryOptions: { maxRetries: 0 } }
    return options.clientId
      ? new ManagedIdentityCredential({ ...common, clientId: options.clientId })
      : new ManagedIdentityCredential(common)
  })
}

/**
 * Tokens for the token that Kubernetes writes into a file.
 * https://learn.microsoft.com/entra/workload-id/workload-identity-federation
 */
export function acquireWorkloadIdentity(
  options: IdentityOptions & {
    tenantId: string
    clientId: string
    tokenFilePath: string
    authority: string | undefined
  },
): Acquire {
  const { transport, tenantId, clientId, tokenFilePath, authority } = options
  return acquireWith(options.scope, async () => {
    const { WorkloadIdentityCredential } = await import('@azure/identity')
    return new WorkloadIdentityCredential({
      tenantId,
      clientId,
      tokenFilePath,
      httpClient: azureHttpClient(transport),
      retryOptions: { maxRetries: 0 },
      // With an authority of its own, nothing else is contacted.
      ...(authority ? { authorityHost: authority, disableInstanceDiscovery: true } : {}),
    })
  })
}

/** The library is loaded when a token is asked for: it is large, and most installations have no use for it. */
function acquireWith(scope: string, create: () => Promise<TokenCredential>): Acquire {
  let credential: Promise<TokenCredential> | undefined
  return async (signal) => {
    credential ??= create()
    const token: AccessToken | null = await (await credential).getToken(scope, { abortSignal: signal })
    if (!token) throw new Error('Microsoft Entra ID gave no token.')
    return { value: token.token, expiresInSeconds: (token.expiresOnTimestamp - Date.now()) / 1000 }
  }
}
