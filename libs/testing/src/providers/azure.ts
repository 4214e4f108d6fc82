import { openAiDialect } from './openai.js'
import { type StandIn, startStandIn } from './stand-in.js'

const path = /^\/openai\/deployments\/([^/]+)\/chat\/completions$/

/**
 * Azure OpenAI: the deployment in the path, `api-version` in the query, `api-key` or an Entra token.
 * https://learn.microsoft.com/azure/ai-foundry/openai/reference
 */
export function startAzure(): Promise<StandIn> {
  return startStandIn({
    ...openAiDialect,
    route(request) {
      const { pathname, searchParams } = new URL(request.path, 'http://stand-in')
      const deployment = path.exec(pathname)?.[1]
      if (!deployment || !searchParams.get('api-version')) return undefined
      const route = openAiDialect.route(request)
      return route && 'model' in route ? { ...route, model: decodeURIComponent(deployment) } : undefined
    },
    hasCredential: ({ headers }) =>
      typeof headers['api-key'] === 'string' || /^Bearer \S+$/.test(headers.authorization ?? ''),
    error: (status, message, code) => ({ body: { error: { code: code ?? String(status), message } } }),
  })
}
