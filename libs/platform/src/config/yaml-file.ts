import { readFileSync, statSync } from 'node:fs'
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml'
import type { z } from 'zod'
import { ConfigError } from './parse.js'

/** Where something stands in a file: names of members and places in lists. */
export type FilePath = readonly (string | number)[]

/** A file that has been read and whose form is right. */
export interface YamlFile<T> {
  value: T
  /** Names of the variables that it refers to. */
  refersTo: ReadonlySet<string>
  /** What is wrong with what stands at a path, as an error that names line and column. */
  problem(path: FilePath, sentence: string): ConfigError
}

/** What is read, and by what. */
export interface YamlFileOptions<T extends z.ZodType> {
  /** The variable that names the file; for errors. */
  variable: string
  /** As the operator named it. */
  path: string
  schema: T
  /** What `${NAME}` in a text stands for; blank ones are unset. */
  environment: Record<string, string>
}

/** A configuration is written by hand; what is longer is something else. */
const maxBytes = 1 << 20

/**
 * Reads a YAML 1.2 file. `${NAME}` in a text, not in a name, is replaced by the variable, after the file has been parsed:
 * what it holds cannot change the form of the file, and is not looked into again.
 * @throws ConfigError with line, column, path and mend for the first problem; what stands in the file is never quoted,
 *   names of members apart, since it may be a secret
 */
export function readYamlFile<T extends z.ZodType>(options: YamlFileOptions<T>): YamlFile<z.output<T>> {
  const { variable, path: file, schema, environment } = options
  const lines = new LineCounter()
  const at = (offset: number, sentence: string) => {
    const { line, col } = lines.linePos(offset)
    return new ConfigError(variable, `${file}:${line}:${col}: ${sentence}`)
  }
  const document = parseDocument(readText(variable, file), { lineCounter: lines, prettyErrors: false })
  const [fault] = [...document.errors, ...document.warnings]
  // What follows a colon is quoted from the file.
  if (fault) throw at(fault.pos[0], `is not YAML: ${fault.message.split(/: | "/)[0]}`)
  visit(document, {
    Alias(_key, alias) {
      if (!alias.resolve(document)) throw at(alias.range?.[0] ?? 0, 'names an anchor that is not set before')
    },
  })

  const problem = (path: FilePath, sentence: string, of: 'key' | 'value' = 'value') =>
    at(offsetOf(document, path, of), `${describePath(path)} ${sentence}`)
  const refersTo = new Set<string>()
  const expand = (value: unknown, path: FilePath): unknown => {
    if (typeof value === 'string')
      return expandText(value, (name) => {
        if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
          throw problem(path, `holds "\${" without the name of a variable: write \${NAME}`)
        const found = environment[name]
        if (found === undefined)
          throw problem(path, `refers to ${name}, which is not set. Set it, or take the line out`)
        refersTo.add(name)
        return found
      })
    if (Array.isArray(value)) return value.map((each, index) => expand(each, [...path, index]))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, expand(each, [...path, name])]),
    )
  }

  const result = schema.safeParse(
    expand(toPlain(document, () => problem([], 'repeats itself too often')) ?? {}, []),
  )
  if (result.success)
    return { value: result.data, refersTo, problem: (path, sentence) => problem(path, sentence) }
  const found = result.error.issues.flatMap(problemsIn).map(({ path, sentence, of }) => ({
    // Of two at one place, a name that is wrong says more than the one that is missing for it.
    rank: offsetOf(document, path, of) * 2 + (of === 'key' ? 0 : 1),
    error: problem(path, sentence, of),
  }))
  const [first] = found.sort((one, other) => one.rank - other.rank)
  throw first?.error ?? problem([], 'is not valid')
}

function readText(variable: string, file: string): string {
  try {
    const { size } = statSync(file)
    if (size > maxBytes) throw new Error(`larger than ${maxBytes} bytes`)
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
  } catch (error) {
    throw new ConfigError(variable, `${file} cannot be read (${(error as Error).message}). Name another file`)
  }
}

function expandText(text: string, read: (name: string) => string): string {
  return text.replace(/\$\{([^}]*)\}?/g, (_whole, name: string) => read(name))
}

/** An anchor that stands for many, which stand for many each, is how a short file fills a memory. */
function toPlain(document: Document, problem: () => ConfigError): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch {
    throw problem()
  }
}

interface Problem {
  path: FilePath
  sentence: string
  of: 'key' | 'value'
}

/** What a schema found, a problem each, in sentences that follow a path. */
function problemsIn(issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.map((segment) => (typeof segment === 'number' ? segment : String(segment)))
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: [...path, key], sentence: issue.message, of: 'key' }))
  if (issue.code === 'invalid_key')
    return [{ path, sentence: issue.issues[0]?.message ?? issue.message, of: 'key' }]
  if (issue.code === 'invalid_union') {
    // Of several forms, the one that was meant: it took the value for its own and found fault with what is in it.
    const meant = issue.errors.find((issues) => !issues.some(isWrongType)) ?? []
    if (meant.length > 0)
      return meant.flatMap((inner) => problemsIn({ ...inner, path: [...issue.path, ...inner.path] }))
  }
  if (issue.code === 'invalid_type' && /received undefined$/.test(issue.message))
    return [{ path, sentence: 'is missing', of: 'value' }]
  if (issue.code === 'invalid_type' && /^Invalid input/.test(issue.message))
    return [{ path, sentence: `must be ${typeNames[issue.expected] ?? issue.expected}`, of: 'value' }]
  return [{ path, sentence: issue.message, of: 'value' }]
}

const isWrongType = ({ code, path }: z.core.$ZodIssue) => code === 'invalid_type' && path.length === 0

const typeNames: Partial<Record<string, string>> = {
  string: 'a text; one of digits alone stands in quotes',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'names with values',
  record: 'names with values',
}

/** As `models.fast.candidates[0].weight`. */
function describePath(path: FilePath): string {
  const [first, ...rest] = path.map((segment) =>
    typeof segment === 'number' ? `[${segment}]` : `.${segment}`,
  )
  return first === undefined ? 'the file' : `${first.replace(/^\./, '')}${rest.join('')}`
}

/** Where a path stands in the text: its value where that is plain, else its name; what is missing, where it would be. */
function offsetOf(document: Document, path: FilePath, of: 'key' | 'value'): number {
  let node: unknown = document.contents
  let offset = rangeOf(node) ?? 0
  for (const segment of path) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(segment))
      if (!pair) return offset
      offset = rangeOf(pair.key) ?? offset
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(segment)]
      offset = rangeOf(node) ?? offset
    } else return offset
  }
  return of === 'value' && isScalar(node) ? (rangeOf(node) ?? offset) : offset
}

function rangeOf(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range?.[0] : undefined
}
