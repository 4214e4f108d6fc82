import type { AccessToken, TokenCredential } from './access-token.js'
import { TokenError } from './token-error.js'

const packageName = '@azure/identity'

/**
 * A credential of Microsoft Entra ID. By default the chain of `DefaultAzureCredential` (environment, workload identity,
 * managed identity, Azure CLI and so on), for which `@azure/identity` is loaded at the first token.
 * https://learn.microsoft.com/javascript/api/@azure/identity/defaultazurecredential
 */
export class AzureADCredential implements TokenCredential {
  #credential: TokenCredential | undefined

  /** @param options `credential`: any of `@azure/identity`, in place of the default chain */
  constructor({ credential }: { credential?: TokenCredential | undefined } = {}) {
    this.#credential = credential
  }

  /**
   * @param scope as `api://<application id>/.default`
   * @throws TokenError `missing_package` without `@azure/identity`; else what the Azure credential threw
   */
  async getToken(scope: string): Promise<AccessToken | null> {
    this.#credential ??= await defaultCredential()
    return this.#credential.getToken(scope)
  }
}

async function defaultCredential(): Promise<TokenCredential> {
  // Left to the platform: a bundler would ask for a package that its user may not need.
  const azure = (await import(/* webpackIgnore: true */ /* @vite-ignore */ packageName).catch(
    (cause: unknown) => {
      throw new TokenError(
        'missing_package',
        `${packageName} is required for AzureADCredential. Install it with: npm install ${packageName}`,
        { cause },
      )
    },
  )) as { DefaultAzureCredential: new () => TokenCredential }
  return new azure.DefaultAzureCredential()
}
