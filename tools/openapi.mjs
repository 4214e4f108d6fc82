// Whether an OpenAPI document is one: by the schema of its version, and by what that schema leaves open.
import { Validator } from '@seriousme/openapi-schema-validator'

const methods = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'])

/**
 * @param {Record<string, any>} document
 * @returns {Promise<string[]>} what is wrong with it, a line each
 */
export async function openApiProblems(document) {
  const problems = []
  const { valid, errors } = await new Validator().validate(structuredClone(document))
  if (!valid) {
    for (const error of typeof errors === 'string' ? [{ message: errors }] : (errors ?? []))
      problems.push(`${error.instancePath ?? ''} ${error.message}`.trim())
  }
  const ids = new Set()
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(item)) {
      if (!methods.has(method)) continue
      const at = `${method.toUpperCase()} ${path}`
      if (ids.has(operation.operationId))
        problems.push(`${at}: operationId ${operation.operationId} comes twice`)
      ids.add(operation.operationId)
      for (const parameter of operation.parameters ?? []) {
        if (!parameter.$ref && !parameter.name) problems.push(`${at}: a parameter without a name`)
        if (parameter.in === 'query' && !parameter.description)
          problems.push(`${at}: query parameter ${parameter.name} without a description`)
      }
      for (const name of path.match(/(?<=\{)[^}]+(?=\})/g) ?? []) {
        if (!operation.parameters?.some((parameter) => parameter.in === 'path' && parameter.name === name))
          problems.push(`${at}: {${name}} is no parameter`)
      }
    }
  }
  return problems
}
