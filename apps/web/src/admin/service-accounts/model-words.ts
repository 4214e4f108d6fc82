/** Which models may be used, in words. */
export const modelWords = (models: readonly string[] | null): string =>
  models === null ? 'every model' : models.length === 0 ? 'no model' : models.join(', ')
