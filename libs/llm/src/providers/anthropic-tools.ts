import { isDeepStrictEqual } from 'node:util'
import type {
  JSONOutputFormat,
  ToolChoice,
  Tool as ToolParam,
} from '@anthropic-ai/sdk/resources/messages/messages'
import { calledTools } from '../translation/called-tools.js'
import type { Chat, Tool } from '../translation/conversation.js'
import { type Drop, invalid } from '../translation/fields.js'
import { cached } from './anthropic-blocks.js'
import type { ClaudeModel } from './claude-model.js'

/** Anthropic's own change of a schema into one that its models can be held to. */
export type Transform = (schema: Record<string, unknown>) => Record<string, unknown>

/** The tools, and which of them are called. */
export function toTools(
  model: ClaudeModel,
  chat: Chat,
  drop: Drop,
  transform: Transform,
): { tools?: ToolParam[]; tool_choice?: ToolChoice } {
  const { tools, toolChoice } = chat
  const called = calledTools(chat)
  if (tools.length === 0) {
    if (called.length === 0) return {}
    // Calls without tools are refused. These can be read about, and not called, as if they were not there.
    const read = called.map((name) => ({ name, input_schema: { type: 'object' as const } }))
    return { tools: read, tool_choice: { type: 'none' } }
  }
  const isSubset = toolChoice?.names !== undefined && !isOneForced(toolChoice)
  const offered = isSubset ? tools.filter(({ name }) => toolChoice.names?.includes(name)) : tools
  const choice = toToolChoice(model, chat, drop)
  return {
    tools: offered.map((tool) => toTool(tool, model, drop, transform)),
    ...(choice ? { tool_choice: choice } : {}),
  }
}

function isOneForced({ mode, names }: NonNullable<Chat['toolChoice']>): boolean {
  return mode === 'required' && names?.length === 1
}

function toToolChoice(
  { forcedTools }: ClaudeModel,
  { toolChoice, parallelToolCalls }: Chat,
  drop: Drop,
): ToolChoice | undefined {
  const single = parallelToolCalls === false ? { disable_parallel_tool_use: true } : {}
  if (toolChoice?.mode === 'none') return { type: 'none' }
  if (toolChoice?.mode === 'required') {
    const [name] = toolChoice.names ?? []
    if (forcedTools) {
      return name && isOneForced(toolChoice) ? { type: 'tool', name, ...single } : { type: 'any', ...single }
    }
    drop('tool_choice')
  }
  return toolChoice || parallelToolCalls === false ? { type: 'auto', ...single } : undefined
}

function toTool(tool: Tool, model: ClaudeModel, drop: Drop, transform: Transform): ToolParam {
  const { name, description, parameters, strict, cacheControl, at } = tool
  const schema = { ...parameters, type: 'object' as const }
  if (strict && !model.schemas) drop('tools[].function.strict')
  const isHeld = strict && model.schemas
  return {
    name,
    ...(description ? { description } : {}),
    input_schema: isHeld
      ? {
          ...toHeldSchema(
            schema,
            `${at}.function.parameters`,
            'tools[].function.parameters',
            drop,
            transform,
          ),
          type: 'object',
        }
      : schema,
    ...(isHeld ? { strict: true } : {}),
    ...cached(cacheControl),
  }
}

/** The form of the answer. */
export function toFormat(
  model: ClaudeModel,
  { output }: Chat,
  drop: Drop,
  transform: Transform,
): JSONOutputFormat | undefined {
  if (!output) return undefined
  if (output.type === 'json_object' || !model.schemas) {
    // There is no JSON without a schema here.
    drop('response_format')
    return undefined
  }
  const at = 'response_format.json_schema.schema'
  const schema = toHeldSchema(output.schema, at, at, drop, transform)
  const { description } = output
  return { type: 'json_schema' as const, schema: description ? { description, ...schema } : schema }
}

/** A schema that Claude can be held to. What it cannot be, as a longest length, is told to it in words, and named. */
export function toHeldSchema(
  schema: Record<string, unknown>,
  at: string,
  name: string,
  drop: Drop,
  transform: Transform,
): Record<string, unknown> {
  const { $schema: _version, ...plain } = schema
  const held = transformed(plain, at, transform)
  if (!isDeepStrictEqual(held, plain)) drop(name)
  return held
}

function transformed(schema: Record<string, unknown>, at: string, transform: Transform) {
  try {
    return transform(schema)
  } catch {
    throw invalid(at, 'every part of the schema must have a type, or an enum, const, anyOf, oneOf or allOf.')
  }
}
