import type { Tool, ToolChoice } from './conversation.js'
import {
  type Drop,
  dropOthers,
  type Fields,
  invalid,
  isAbsent,
  isFields,
  maybeBoolean,
  maybeText,
  toFields,
  toList,
  toText,
  unsupported,
} from './fields.js'
import { readCacheControl } from './read-parts.js'

/**
 * The functions that the model may call. Tools of another kind are refused: an answer without the tool that was asked
 * for would look like an answer. @throws AppError `invalid_request`, `unsupported_by_provider`
 */
export function readTools(value: unknown, provider: string, drop: Drop): Tool[] {
  if (isAbsent(value)) return []
  return toList(value, 'tools').map((one, index) => {
    const at = `tools[${index}]`
    const tool = toFields(one, at)
    if (tool.type !== 'function') throw unsupported(`${at}.type`, provider)
    dropOthers(tool, ['type', 'function', 'cache_control'], 'tools[].', drop)
    return { ...readFunction(tool.function, `${at}.function`, drop), at, ...readCacheControl(tool, at) }
  })
}

function readFunction(value: unknown, at: string, drop: Drop): Omit<Tool, 'at'> {
  const made = toFields(value, at)
  dropOthers(made, ['name', 'description', 'parameters', 'strict'], 'tools[].function.', drop)
  const description = maybeText(made.description, `${at}.description`)
  return {
    name: toText(made.name, `${at}.name`),
    strict: maybeBoolean(made.strict, `${at}.strict`) ?? false,
    ...(description ? { description } : {}),
    ...(isAbsent(made.parameters) ? {} : { parameters: toFields(made.parameters, `${at}.parameters`) }),
  }
}

/** Which tools are called. Undefined where nothing is said, and where there is no tool to choose from. */
export function readToolChoice(value: unknown, tools: readonly Tool[]): ToolChoice | undefined {
  if (isAbsent(value)) return undefined
  const choice = readChoice(value)
  const unknown = choice.names?.find((name) => !tools.some((tool) => tool.name === name))
  if (unknown !== undefined) throw invalid('tool_choice', 'names a tool that the request does not have.')
  if (tools.length > 0) return choice
  if (choice.mode === 'required') throw invalid('tool_choice', 'needs tools to choose from.')
  return undefined
}

function readChoice(value: unknown): ToolChoice {
  if (value === 'none' || value === 'auto' || value === 'required') return { mode: value }
  const choice = isFields(value) ? value : {}
  if (choice.type === 'function') return { mode: 'required', names: [nameOf(choice, 'tool_choice')] }
  if (choice.type === 'allowed_tools') {
    const allowed = toFields(choice.allowed_tools, 'tool_choice.allowed_tools')
    const at = 'tool_choice.allowed_tools.tools'
    const names = toList(allowed.tools, at).map((one, index) =>
      nameOf(toFields(one, `${at}[${index}]`), `${at}[${index}]`),
    )
    return { mode: allowed.mode === 'required' ? 'required' : 'auto', names }
  }
  throw invalid('tool_choice', 'must be none, auto, required, a function or allowed_tools.')
}

function nameOf(tool: Fields, at: string): string {
  return toText(toFields(tool.function, `${at}.function`).name, `${at}.function.name`)
}
