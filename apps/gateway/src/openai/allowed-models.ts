import { AppError } from '@gatehouse/contracts'
import type { Caller } from '../http/caller.js'
import type { Route } from './route.js'

type Lists = Caller['modelLists']

/**
 * Whether every list allows a model: as `provider/model`, by `provider/*`, or by the alias that it was asked by.
 * @param lists none where all models may be used
 */
export function allows(lists: Lists, provider: string, model: string, alias?: string): boolean {
  return lists.every(
    (list) =>
      list.includes(`${provider}/${model}`) ||
      list.includes(`${provider}/*`) ||
      (alias !== undefined && list.includes(alias)),
  )
}

/** What of a route its caller may go. @throws AppError `model_not_allowed` where nothing is left of it */
export function allowedWays(lists: Lists, route: Route): Route {
  if (lists.length === 0) return route
  const candidates = route.candidates.filter(({ provider, model }) =>
    allows(lists, provider, model, route.alias),
  )
  if (candidates.length > 0) return { ...route, candidates }
  const [first] = route.candidates
  throw notAllowed(route.alias ?? `${first?.provider}/${first?.model}`)
}

/** What a caller is told who may not use a model. */
export const notAllowed = (name: string): AppError =>
  new AppError('model_not_allowed', {
    param: 'model',
    message: `This caller may not use ${name}. GET /v1/models lists what it may use.`,
  })

/** Names by which some providers take further models, or settings that hold some; in small letters. */
const more = new Set(['models', 'fallbacks', 'fallback_models', 'preset', 'plugins'])

/**
 * Refuses, for a caller with a list, a body by which the provider may obey another model than the one that is allowed.
 * OpenRouter's fallbacks and presets: https://openrouter.ai/docs/features/model-routing; tools that ask a model of their
 * own: https://platform.openai.com/docs/api-reference/responses/create#responses-create-tools
 * @param body as the provider reads it, in which no name stands twice
 * @throws AppError `model_not_allowed`
 */
export function namesOneModel(lists: Lists, body: Record<string, unknown>): void {
  if (lists.length === 0) return
  for (const [param, value] of Object.entries(body)) {
    const name = param.toLowerCase()
    const asks = name === 'tools' && Array.isArray(value) && value.some(asksModel)
    if (!more.has(name) && !asks) continue
    throw new AppError('model_not_allowed', {
      param,
      message: `"${param}" asks for models beside the one that this caller may use. Leave it out.`,
    })
  }
}

/** A tool that names a model, or has the provider choose one. */
const asksModel = (tool: unknown): boolean =>
  typeof tool === 'object' &&
  tool !== null &&
  Object.entries(tool).some(
    ([name, value]) =>
      name.toLowerCase() === 'model' || (name.toLowerCase() === 'type' && value === 'image_generation'),
  )
