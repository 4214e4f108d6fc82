import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { openApiProblems } from './openapi.mjs'

const document = (parameters: unknown[], path = '/things') => ({
  openapi: '3.1.0',
  info: { title: 'x', version: '1' },
  paths: { [path]: { get: { operationId: 'list', parameters, responses: { 200: { description: 'ok' } } } } },
})

describe('the check of docs/openapi.json', () => {
  const limit = { name: 'limit', in: 'query', description: 'how many', schema: { type: 'integer' } }

  it('lets a document pass that is valid', async () => {
    expect(await openApiProblems(document([limit]))).toEqual([])
  })

  it('finds a parameter without a name, one without a description, and one of the path that is missing', async () => {
    expect(await openApiProblems(document([{ in: 'query', required: true, schema: {} }]))).toEqual(
      expect.arrayContaining(['GET /things: a parameter without a name']),
    )
    expect(await openApiProblems(document([{ ...limit, description: undefined }]))).toEqual([
      'GET /things: query parameter limit without a description',
    ])
    expect(await openApiProblems(document([limit], '/things/{id}'))).toEqual([
      'GET /things/{id}: {id} is no parameter',
    ])
  })

  it('finds what is no OpenAPI 3.1 at all', async () => {
    expect(await openApiProblems({ ...document([limit]), info: {} })).not.toEqual([])
    expect(await openApiProblems({ openapi: '3.1.0' })).not.toEqual([])
  })

  it('finds nothing wrong with ours', async () => {
    expect(await openApiProblems(JSON.parse(readFileSync('docs/openapi.json', 'utf8')))).toEqual([])
  })
})
