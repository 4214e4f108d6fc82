import { mostColumns, type Parameters } from './conversation.ts'

/** What is kept over a reload: what was typed and chosen; no picture, no answer. */
export interface Draft {
  prompt: string
  system: string
  columns: { model: string; parameters: Parameters }[]
}

export const noDraft: Draft = { prompt: '', system: '', columns: [] }

/** Of a person, since several may use one browser. */
export const draftKey = (userId: string) => `gatehouse.playground.${userId}`

/** A draft as it was kept; what is none is left out. */
export function draftOf(kept: string | null): Draft {
  let draft: unknown
  try {
    draft = JSON.parse(kept ?? '')
  } catch {
    return noDraft
  }
  if (typeof draft !== 'object' || draft === null) return noDraft
  const { prompt, system, columns } = draft as Record<string, unknown>
  return {
    prompt: text(prompt) ?? '',
    system: text(system) ?? '',
    columns: (Array.isArray(columns) ? columns : [])
      .filter((column): column is Record<string, unknown> => typeof column === 'object' && column !== null)
      .slice(0, mostColumns)
      .map(({ model, parameters }) => ({ model: text(model) ?? '', parameters: parametersOf(parameters) })),
  }
}

/** Of parameters from anywhere, those that we know. */
export function parametersOf(value: unknown): Parameters {
  if (typeof value !== 'object' || value === null) return {}
  const given = value as Record<string, unknown>
  const parameters: Parameters = {}
  for (const name of ['temperature', 'max_tokens', 'top_p'] as const) {
    const figure = given[name]
    if (typeof figure === 'number' && Number.isFinite(figure)) parameters[name] = figure
  }
  const stop = (Array.isArray(given.stop) ? given.stop : [given.stop]).filter(
    (word): word is string => typeof word === 'string' && word !== '',
  )
  if (stop.length > 0) parameters.stop = stop.slice(0, 4)
  const system = text(given.system)
  if (system) parameters.system = system
  return parameters
}

/** The columns that an address asks for; their parameters are kept where they were here already. */
export function columnsFor(
  models: readonly string[],
  draft: readonly Draft['columns'][number][],
): Draft['columns'] {
  const left = [...draft]
  return models.slice(0, mostColumns).map((model) => {
    const at = left.findIndex((column) => column.model === model)
    return at < 0 ? { model, parameters: {} } : left.splice(at, 1)[0]!
  })
}

/** Models of an address: one after the other, with commas between. */
export const modelsOf = (search: string | undefined): string[] =>
  (search ?? '')
    .split(',')
    .map((model) => model.trim())
    .filter(Boolean)

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
