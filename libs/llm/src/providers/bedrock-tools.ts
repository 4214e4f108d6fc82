import type { OutputConfig, Tool as ToolBlock, ToolConfiguration } from '@aws-sdk/client-bedrock-runtime'
import type { Chat, OutputFormat, Tool } from '../translation/conversation.js'
import type { Drop, Fields } from '../translation/fields.js'
import { type Transform, toHeldSchema } from './anthropic-tools.js'
import { marked } from './bedrock-content.js'
import type { BedrockModel } from './bedrock-model.js'

/** How a model is held to the form of its answer. */
export interface Output {
  /** Where it keeps to a schema by itself. */
  format?: NonNullable<OutputConfig['textFormat']>
  /** Where it does not: a tool that it has to call, and whose arguments are the answer. */
  tool?: Tool
}

/**
 * The form of the answer.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
 * @param transform present where the model keeps to a schema
 */
export function toOutput(
  model: BedrockModel,
  chat: Chat,
  drop: Drop,
  transform: Transform | undefined,
): Output {
  const { output, toolChoice } = chat
  // An answer that has to be a call of a tool has no other form.
  if (!output || toolChoice?.mode === 'required') return {}
  if (output.type === 'json_schema' && transform) return { format: toFormat(output, drop, transform) }
  const tool =
    output.type === 'json_schema' && model.forces.length > 0 ? toAnswerTool(output, chat) : undefined
  // There is no JSON without a schema here.
  if (!tool) drop('response_format')
  return tool ? { tool } : {}
}

type SchemaFormat = Extract<OutputFormat, { type: 'json_schema' }>

function toFormat({ name, description, schema }: SchemaFormat, drop: Drop, transform: Transform) {
  const at = 'response_format.json_schema.schema'
  const held = JSON.stringify(toHeldSchema(schema, at, at, drop, transform))
  return {
    type: 'json_schema' as const,
    structure: { jsonSchema: { name, schema: held, ...(description ? { description } : {}) } },
  }
}

/** Undefined for a schema of anything but an object, which the arguments of a call always are. */
function toAnswerTool({ name, description, schema }: SchemaFormat, { tools }: Chat): Tool | undefined {
  if (schema.type !== 'object') return undefined
  let free = name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 60) || 'answer'
  while (tools.some((tool) => tool.name === free)) free += '_'
  const { $schema: _version, ...parameters } = schema
  return {
    name: free,
    description: description ?? 'Takes the answer. Call it instead of writing the answer down.',
    parameters,
    strict: false,
    at: 'response_format',
  }
}

/** The tools, and which of them are called. */
export interface Tools {
  toolConfig?: ToolConfiguration
  /** Claude's own word, where it says more than Converse has a field for; that field is left out then. */
  claudeChoice?: Fields
}

type Choice = { type: 'auto' } | { type: 'any' } | { type: 'tool'; name: string }

/** @param answerTool see `Output` */
export function toTools(
  model: BedrockModel,
  chat: Chat,
  answerTool: Tool | undefined,
  drop: Drop,
  transform: Transform | undefined,
): Tools {
  const { tools, choice } = choose(model, chat, answerTool, drop)
  if (tools.length === 0) return {}
  const blocks = tools.flatMap((tool): ToolBlock[] => [
    { toolSpec: toSpec(tool, drop, transform) },
    ...(model.caches === 'not_in_tools'
      ? marked(tool.cacheControl, { ...model, caches: 'nowhere' }, drop)
      : marked(tool.cacheControl, model, drop)),
  ])
  if (chat.parallelToolCalls === false) {
    if (model.claude) {
      return { toolConfig: { tools: blocks }, claudeChoice: { ...choice, disable_parallel_tool_use: true } }
    }
    drop('parallel_tool_calls')
  }
  // The model's own, unsaid: some refuse even this word.
  if (choice.type === 'auto') return { toolConfig: { tools: blocks } }
  const toolChoice = choice.type === 'any' ? { any: {} } : { tool: { name: choice.name } }
  return { toolConfig: { tools: blocks, toolChoice } }
}

/** What is offered, and what has to be called. Converse has no word for none, and none for some of the tools. */
function choose(
  { forces }: BedrockModel,
  { tools, toolChoice }: Chat,
  answerTool: Tool | undefined,
  drop: Drop,
): { tools: Tool[]; choice: Choice } {
  const names = toolChoice?.names
  const allowed = names ? tools.filter(({ name }) => names.includes(name)) : tools
  const offered = toolChoice?.mode === 'none' ? [] : allowed
  if (answerTool) {
    const one = offered.length === 0 && forces.includes('tool')
    return {
      tools: [...offered, answerTool],
      choice: one ? { type: 'tool', name: answerTool.name } : { type: 'any' },
    }
  }
  if (toolChoice?.mode !== 'required') return { tools: offered, choice: { type: 'auto' } }
  const [only] = names ?? []
  if (only !== undefined && names?.length === 1 && forces.includes('tool')) {
    return { tools, choice: { type: 'tool', name: only } }
  }
  if (forces.includes('any')) return { tools: offered, choice: { type: 'any' } }
  drop('tool_choice')
  return { tools: offered, choice: { type: 'auto' } }
}

function toSpec(
  { name, description, parameters, strict, at }: Tool,
  drop: Drop,
  transform: Transform | undefined,
): NonNullable<ToolBlock['toolSpec']> {
  const { $schema: _version, ...plain } = parameters ?? {}
  const schema = { ...plain, type: 'object' }
  if (strict && !transform) drop('tools[].function.strict')
  const isHeld = strict && transform !== undefined
  const held = isHeld
    ? toHeldSchema(schema, `${at}.function.parameters`, 'tools[].function.parameters', drop, transform)
    : schema
  // JSON, which is what the SDK's type means.
  type Schema = Extract<NonNullable<ToolBlock['toolSpec']>['inputSchema'], { $unknown?: never }>
  return {
    name,
    ...(description ? { description } : {}),
    inputSchema: { json: held } as Schema,
    ...(isHeld ? { strict: true } : {}),
  }
}
