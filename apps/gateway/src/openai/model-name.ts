import { AppError } from '@gatehouse/contracts'
import type { Models } from '@gatehouse/llm'

/** Which provider a model's name means, and the provider's own name of it. */
export interface NamedModel {
  provider: string
  model: string
}

/** Characters of a name. One of megabytes would come back in an error, and stay in what is remembered. */
const maxNameLength = 300

/** @throws AppError `invalid_request` for a name that no model can have */
export function checkName(name: string | undefined): void {
  if (name !== undefined && name.length > maxNameLength)
    throw new AppError('invalid_request', {
      param: 'model',
      message: `The name of a model has at most ${maxNameLength} characters.`,
    })
}

/**
 * Reads `provider/model`, or a bare name beside `?provider=`, or a bare name where one provider alone is on or has it.
 * @throws AppError `missing_required_parameter`, `invalid_request`, `unsupported_provider`, `model_not_found` for a name that could mean several
 */
export function nameModel(models: Models, name: string | undefined, asked: unknown): NamedModel {
  if (name === undefined || name === '') {
    throw new AppError('missing_required_parameter', {
      param: 'model',
      message: 'Name a model, as "provider/model".',
    })
  }
  checkName(name)
  const slash = name.indexOf('/')
  const prefix = slash === -1 ? undefined : name.slice(0, slash)
  if (asked !== undefined) {
    const provider = models.providerId(asked)
    return {
      provider,
      model: prefix !== undefined && isProvider(models, prefix, provider) ? name.slice(slash + 1) : name,
    }
  }
  if (prefix !== undefined && isProvider(models, prefix))
    return { provider: models.providerId(prefix), model: name.slice(slash + 1) }
  const ready = models.status().filter(({ state }) => state === 'ready')
  const [only] = ready
  if (only && ready.length === 1) return { provider: only.id, model: name }
  const having = models.having(name)
  const [owner] = having
  if (owner && having.length === 1) return { provider: owner, model: name }
  const could = having.length > 0 ? having : ready.map(({ id }) => id)
  const candidates = could.map((id) => `${id}/${name}`).join(', ')
  throw new AppError('invalid_request', {
    param: 'model',
    message: candidates
      ? `${prefix === undefined ? `Several providers ${having.length > 0 ? 'have' : 'could serve'} "${name}"` : `There is no provider "${prefix}"`}. Name one: ${candidates}.`
      : 'No provider of models is configured.',
  })
}

/**
 * Finds the way for a name. Who named the provider inside of the model's name has no field `provider` to look at.
 * @param asked what `?provider=` says
 */
export function inTermsOf<T>(asked: unknown, find: () => T): T {
  try {
    return find()
  } catch (error) {
    if (asked !== undefined || !(error instanceof AppError) || error.param !== 'provider') throw error
    throw new AppError(error.code, { message: error.message, param: 'model', cause: error })
  }
}

function isProvider(models: Models, name: string, wanted?: string): boolean {
  try {
    const id = models.providerId(name)
    return wanted === undefined || id === wanted
  } catch {
    return false
  }
}
