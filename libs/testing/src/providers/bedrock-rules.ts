type Fields = Record<string, unknown>

/**
 * What Converse, or the model behind it, finds wrong with a request, in the words that they have for it; undefined where
 * nothing is. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
 */
export function findFault(model: string, json: unknown): string | undefined {
  const body = fieldsOf(json)
  return (
    findContentFault(body) ??
    findDocumentFault(body) ??
    findCallFault(model, body) ??
    findToolFault(model, body) ??
    findCacheFault(model, body) ??
    findModelFault(model, body)
  )
}

function findContentFault({ messages }: Fields): string | undefined {
  const turns = listOf(messages)
  if (turns[0]?.role !== 'user') return 'A conversation must start with a user message.'
  for (const [index, { content }] of turns.entries()) {
    const blocks = listOf(content)
    if (blocks.length === 0) return `The content field in the Message object at messages.${index} is empty.`
    const blank = blocks.findIndex(({ text }) => typeof text === 'string' && text.trim() === '')
    if (blank >= 0)
      return `The text field in the ContentBlock object at messages.${index}.content.${blank} is blank.`
  }
  return undefined
}

function findDocumentFault({ messages }: Fields): string | undefined {
  const names: unknown[] = []
  for (const { content } of listOf(messages)) {
    const blocks = listOf(content)
    const documents = blocks.filter((block) => block.document).map(({ document }) => fieldsOf(document))
    if (documents.length > 0 && !blocks.some((block) => 'text' in block)) {
      return 'A text block must be included in messages with a document block.'
    }
    names.push(...documents.map(({ name }) => name))
  }
  const wrong = names.find(
    (name) => !/^[A-Za-z0-9\s\-()[\]]{1,200}$/.test(String(name)) || /\s\s/.test(String(name)),
  )
  if (wrong !== undefined)
    return 'The document file name can only contain alphanumeric characters, whitespace …'
  return new Set(names).size < names.length ? 'Duplicate document names are not allowed.' : undefined
}

function findCallFault(model: string, { messages, toolConfig }: Fields): string | undefined {
  const turns = listOf(messages).map(({ content }) => listOf(content))
  const calls = turns.flat().filter((block) => block.toolUse || block.toolResult)
  if (calls.length > 0 && toolConfig === undefined) {
    return 'The toolConfig field must be defined when using toolUse and toolResult content blocks.'
  }
  for (const [index, blocks] of turns.entries()) {
    const asked = blocks.flatMap(({ toolUse }) => (toolUse ? [String(fieldsOf(toolUse).toolUseId)] : []))
    const answered = (turns[index + 1] ?? []).flatMap(({ toolResult }) =>
      toolResult ? [String(fieldsOf(toolResult).toolUseId)] : [],
    )
    const form = model.includes('mistral.') ? /^[A-Za-z0-9]{9}$/ : /^[A-Za-z0-9_-]{1,64}$/
    if (asked.some((id) => !form.test(id))) return `messages.${index}: toolUseId must match ${form.source}`
    if (asked.some((id) => !answered.includes(id)) || answered.some((id) => !asked.includes(id))) {
      return `Expected toolResult blocks at messages.${index + 1}.content for the following Ids: ${asked.join(', ')}`
    }
  }
  return undefined
}

/** Claudes and others that know no form of an answer. */
const withoutSchemas =
  /claude-(?:opus-4-[78]|opus-5|sonnet-5|fable|haiku)|claude-3|amazon\.|meta\.|mistral-large-24|cohere\./

function findToolFault(model: string, body: Fields): string | undefined {
  const { toolConfig, outputConfig, additionalModelRequestFields } = body
  const { tools, toolChoice } = fieldsOf(toolConfig)
  const [kind] = Object.keys(fieldsOf(toolChoice))
  if (toolConfig !== undefined && listOf(tools).length === 0)
    return 'toolConfig.tools must have length at least 1'
  if (kind && /meta\.|cohere\.|ai21\.|writer\./.test(model)) {
    return `This model doesn't support the toolConfig.toolChoice.${kind} field. Remove it and try again.`
  }
  const claudeChoice = fieldsOf(additionalModelRequestFields).tool_choice
  if (claudeChoice && kind) {
    return `The additional field tool_choice/type conflicts with the existing field toolConfig.toolChoice.${kind}.`
  }
  const forced = kind === 'any' || kind === 'tool'
  if (forced && /claude-(?:opus|sonnet)-5-5/.test(model)) {
    return 'tool_choice: type "tool" and "any" are not supported for this model.'
  }
  const { thinking } = fieldsOf(additionalModelRequestFields)
  if (forced && fieldsOf(thinking).type === 'enabled') {
    return 'Thinking may not be enabled when tool_choice forces tool use.'
  }
  const specs = listOf(tools).flatMap(({ toolSpec }) => (toolSpec ? [fieldsOf(toolSpec)] : []))
  if (specs.some(({ strict }) => strict) && withoutSchemas.test(model)) {
    return 'tools.0.custom.strict: Extra inputs are not permitted'
  }
  if (fieldsOf(outputConfig).textFormat && withoutSchemas.test(model)) {
    return 'output_config.format: Extra inputs are not permitted'
  }
  return specs.some(({ inputSchema }) => fieldsOf(fieldsOf(inputSchema).json).type !== 'object')
    ? 'toolConfig.tools.0: the type of the schema must be object'
    : undefined
}

function findCacheFault(model: string, { messages, system, toolConfig }: Fields): string | undefined {
  const inTools = listOf(fieldsOf(toolConfig).tools).some((block) => block.cachePoint)
  const turns = [listOf(system), ...listOf(messages).map(({ content }) => listOf(content))]
  if (inTools && model.includes('nova')) return 'extraneous key [cachePoint] is not permitted'
  if (turns.some(([first]) => first?.cachePoint)) return 'There is nothing available to cache.'
  const isCached = inTools || turns.flat().some((block) => block.cachePoint)
  return isCached && !/claude|nova/.test(model)
    ? 'You invoked an unsupported model or your request did not allow prompt caching.'
    : undefined
}

function findModelFault(model: string, body: Fields): string | undefined {
  const fields = fieldsOf(body.additionalModelRequestFields)
  const { maxTokens, temperature, topP } = fieldsOf(body.inferenceConfig)
  const { type, budget_tokens: budget } = fieldsOf(fields.thinking)
  const { maxReasoningEffort } = fieldsOf(fields.reasoningConfig)
  if (fields.thinking !== undefined && !model.includes('claude'))
    return 'thinking: Extra inputs are not permitted'
  if (fields.reasoningConfig !== undefined && !model.includes('nova-2')) {
    return 'the provided reasoning config value is invalid, please reformat your input and try again.'
  }
  const isLimited = [maxTokens, temperature, topP].some((value) => value !== undefined)
  if (maxReasoningEffort === 'high' && isLimited) {
    return "`maxTokens` must be unset when reasoningConfig type is 'enabled' and maxReasoningEffort is 'high'."
  }
  // A limit that nobody says is low.
  if (type === 'enabled' && Number(budget) >= Number(maxTokens ?? 4_096)) {
    return '`max_tokens` must be greater than `thinking.budget_tokens`.'
  }
  return temperature !== undefined && /claude-(?:opus-4-[78]|opus-5|sonnet-5|fable)/.test(model)
    ? '`temperature` is deprecated for this model.'
    : undefined
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value : []
}
