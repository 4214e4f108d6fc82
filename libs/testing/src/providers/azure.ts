import { openAiDialect } from './openai.js'
import { type StandIn, startStandIn } from './stand-in.js'

const ofDeployment = /^\/openai\/deployments\/([^/]+)\/[^/].*$/
const ofResource = /^\/openai\/v1\/[^/].*$/

/**
 * Azure OpenAI: the deployment in the path and `api-version` in the query, or `/openai/v1` with the deployment in the
 * body; `api-key` or an Entra token.
 * https://learn.microsoft.com/azure/ai-foundry/openai/reference
 * https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle
 */
export function startAzure(): Promise<StandIn> {
  return startStandIn({
    ...openAiDialect,
    route(request) {
      const { pathname, searchParams } = new URL(request.path, 'http://stand-in')
      const route = openAiDialect.route(request)
      if (ofResource.test(pathname)) return route
      const deployment = ofDeployment.exec(pathname)?.[1]
      if (!deployment || !searchParams.get('api-version')) return undefined
      return route && 'model' in route ? { ...route, model: decodeURIComponent(deployment) } : route
    },
    hasCredential: ({ headers }) =>
      typeof headers['api-key'] === 'string' || /^Bearer \S+$/.test(headers.authorization ?? ''),
    error: (status, message, code) => ({ body: { error: { code: code ?? String(status), message } } }),
  })
}
