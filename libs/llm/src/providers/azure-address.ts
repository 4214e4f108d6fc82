import { AzureOpenAI, OpenAI } from 'openai'
import type { sdkOptions } from './openai-sdk.js'
import { createAddresses } from './relay-address.js'

/** The newest version that is not a preview. */
export const defaultApiVersion = '2024-10-21'

/**
 * Operations that a dated version has under the deployment that serves them; every other one is of the resource.
 * https://learn.microsoft.com/azure/ai-foundry/openai/reference
 */
const ofDeployment = new Set([
  ...['/chat/completions', '/completions', '/embeddings', '/images/generations', '/images/edits'],
  ...['/audio/speech', '/audio/transcriptions', '/audio/translations'],
])

/** A resource has some tens of deployments; a caller who invents names must not fill the memory. */
const maxRemembered = 200

/** The addresses of one resource. */
export interface AzureSurface {
  /** @throws AppError `invalid_request` for a path that leads elsewhere */
  addressOf: (path: string, model: string | undefined) => URL
  sdk: (options: ReturnType<typeof sdkOptions>) => Pick<OpenAI, 'chat'>
}

/**
 * The surface of an API version: `v1` has OpenAI's own paths, with the deployment named by the body alone; a dated
 * version has the deployment in the path and itself in the query.
 * https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle
 */
export function azureSurface(endpoint: string, apiVersion: string): AzureSurface {
  return apiVersion === 'v1' ? currentSurface(`${endpoint}/openai/v1`) : datedSurface(endpoint, apiVersion)
}

function currentSurface(baseURL: string): AzureSurface {
  return {
    addressOf: createAddresses(baseURL),
    sdk: (options) => new OpenAI({ ...options, baseURL }),
  }
}

function datedSurface(endpoint: string, apiVersion: string): AzureSurface {
  const baseURL = `${endpoint}/openai`
  const resource = createAddresses(baseURL)
  const known = new Map<string, URL>()
  const addressOf = (path: string, model: string | undefined): URL => {
    const [name = ''] = path.split('?')
    const deployment = model !== undefined && ofDeployment.has(name) ? model : undefined
    const full = deployment === undefined ? path : `/deployments/${encodeURIComponent(deployment)}${path}`
    const remembered = known.get(full)
    if (remembered) return remembered
    const address = new URL(resource(full))
    address.searchParams.set('api-version', apiVersion)
    if (known.size < maxRemembered) known.set(full, address)
    return address
  }
  return {
    addressOf,
    sdk: (options) => new AzureOpenAI({ ...options, baseURL, apiVersion }),
  }
}
