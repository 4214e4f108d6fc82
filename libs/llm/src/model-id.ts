import { AppError } from '@gatehouse/contracts'

/** Longest model id that any provider has is an ARN of some 200 characters. */
const maxLength = 256

/**
 * Letters, digits and what the providers' own ids use: ARNs, `publisher/model`, `model:tag`, `model@version`, and
 * `~publisher/model` for an aggregator's aliases.
 */
const allowed = /^[A-Za-z0-9~][A-Za-z0-9._:@/+-]*$/

/**
 * Passes a model id on that cannot change the path of an upstream request. Providers put it into a path, so nothing
 * that a URL gives a meaning to is let through: `%`, `?`, `#`, `\`, spaces, control characters, empty and dot segments.
 * @throws AppError `invalid_request`, param `model`
 */
export function checkModelId(model: string): string {
  if (isModelId(model)) return model
  throw new AppError('invalid_request', {
    message: `The model is not a name that a provider can have: up to ${maxLength} letters, digits and . _ : @ / + -`,
    param: 'model',
  })
}

/** Whether `checkModelId` lets it pass. */
export function isModelId(model: string): boolean {
  const climbs = model.split('/').some((segment) => segment === '' || segment === '.' || segment === '..')
  return model.length <= maxLength && allowed.test(model) && !climbs
}
