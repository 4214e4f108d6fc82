import type { Models } from '@gatehouse/llm'

/**
 * A body whose list of models has each provider under its own id, so that `xai/*` and `grok/*` are the same right. What
 * is no provider's name stays: it is an alias of the configuration.
 */
export function withOwnProviders<Body extends { models?: string[] | null | undefined }>(
  models: Models,
  body: Body,
): Body {
  return body.models ? { ...body, models: body.models.map((name) => ownName(models, name)) } : body
}

function ownName(models: Models, name: string): string {
  const slash = name.indexOf('/')
  if (slash === -1) return name
  try {
    return models.providerId(name.slice(0, slash)) + name.slice(slash)
  } catch {
    return name
  }
}
