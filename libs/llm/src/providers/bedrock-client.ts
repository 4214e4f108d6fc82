import type { BedrockRuntimeClient, BedrockRuntimeClientConfig } from '@aws-sdk/client-bedrock-runtime'
import type { Transport } from '@gatehouse/outbound'
import type { FailureContext } from '../failure.js'
import { given } from '../given.js'
import { providerName } from './bedrock-content.js'
import { noCredentials } from './bedrock-error.js'
import { bedrockRequestHandler } from './bedrock-handler.js'

/** Where a credential comes from, as far as the variables say. */
export interface Settings {
  region: string
  endpoint: string | undefined
  /** A Bedrock API key. */
  token: string | undefined
  keys: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } | undefined
  profile: string | undefined
}

/** Whose failures these are. */
export function contextOf({ token, keys }: Settings): FailureContext {
  const secrets = [token, keys?.secretAccessKey, keys?.sessionToken, keys?.accessKeyId].filter(
    (one) => one !== undefined,
  )
  return { provider: providerName, secrets: () => secrets }
}

/** The SDK's client, loaded on the first call: the SDK is large, and most installations use one provider or two. */
export function lazyClient(settings: Settings, transport: Transport): () => Promise<BedrockRuntimeClient> {
  let loading: Promise<BedrockRuntimeClient> | undefined
  return () => {
    loading ??= createClient(settings, transport)
    return loading
  }
}

async function createClient(settings: Settings, transport: Transport): Promise<BedrockRuntimeClient> {
  const { BedrockRuntimeClient } = await import('@aws-sdk/client-bedrock-runtime')
  const config: BedrockRuntimeClientConfig = {
    region: settings.region,
    maxAttempts: 1,
    requestHandler: bedrockRequestHandler(transport),
    ...given({ endpoint: settings.endpoint, profile: settings.profile }),
    ...(settings.token
      ? { token: { token: settings.token }, authSchemePreference: ['httpBearerAuth'] }
      : // Said, or a stray AWS_BEARER_TOKEN_BEDROCK of the environment would win over the role.
        { authSchemePreference: ['sigv4'], ...given({ credentials: settings.keys }) }),
  }
  return new BedrockRuntimeClient(config)
}

/** Looks for a credential. Rejects where there is none, with a sentence for the administrator. */
export async function findCredentials(settings: Settings, transport: Transport): Promise<void> {
  const client = await createClient(settings, transport)
  await client.config.credentials().catch((cause: unknown) => {
    throw new Error(noCredentials, { cause })
  })
}
