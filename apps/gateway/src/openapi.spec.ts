import { describe, expect, it } from 'vitest'
import { openApiProblems } from '../../../tools/openapi.mjs'
import { describeApi } from './openapi.js'

interface Parameter {
  name: string
  in: string
  required: boolean
  description?: string
}
interface Document {
  paths: Record<string, Record<string, { parameters: Parameter[] }>>
  components: { schemas: Record<string, object> }
}

describe('the document of the API', async () => {
  const document = (await describeApi()) as unknown as Document

  it('is valid OpenAPI 3.1', async () => {
    expect(await openApiProblems(document)).toEqual([])
  })

  it('has every field of a query as a parameter of its own, with its name, and none that must be given', () => {
    const queried = (path: string) =>
      document.paths[path]?.get?.parameters.filter((parameter) => parameter.in === 'query') ?? []
    const page = ['limit', 'after', 'order']
    for (const [path, names] of Object.entries({
      '/api/v1/history': [
        ...['provider', 'model', 'status', 'request_id', 'key_id', 'endpoint', 'from', 'to'],
        ...page,
      ],
      '/api/v1/history/{id}': ['full'],
      '/api/v1/usage/overview': ['from', 'to', 'time_zone', 'split'],
      '/api/v1/presets': page,
      '/auth/sessions': page,
      '/api/v1/admin/users': ['query', 'status', 'role', ...page],
      '/api/v1/admin/audit': ['actor_id', 'target_id', 'action', 'query', 'from', 'to', ...page],
    })) {
      expect(
        queried(path).map(({ name }) => name),
        path,
      ).toEqual(names)
      for (const parameter of queried(path))
        expect(parameter, path).toMatchObject({ required: false, description: expect.any(String) })
    }
  })

  it('shows no figure and no date that nobody has', () => {
    expect(JSON.stringify(document)).not.toContain('-9007199254740991')
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      for (const text of JSON.stringify(schema).match(/\{[^{}]*"format":"date-time"[^{}]*\}/g) ?? [])
        expect(text, name).toContain('"example"')
    }
  })
})
