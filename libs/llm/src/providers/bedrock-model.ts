import { type ClaudeModel, claudeModel } from './claude-model.js'

/** What a model on Bedrock can be told through Converse. */
export interface BedrockModel {
  /** Who made it, as its id says: `anthropic`, `amazon`; `unknown` behind a name that does not say. */
  maker: string
  /** What a Claude takes, wherever it is served; undefined for every other model. */
  claude: ClaudeModel | undefined
  /** How it can be made to call: any tool, or the one that is named. */
  forces: readonly ('any' | 'tool')[]
  /** It keeps to a JSON schema, in its answer and for strict tools. */
  schemas: boolean
  /** Where a mark for the cache may stand. */
  caches: 'everywhere' | 'not_in_tools' | 'nowhere'
  /** Whose way of being told to think it has; undefined where it cannot be told. */
  thinks: 'claude' | 'nova' | 'gpt' | 'qwen' | undefined
  /** Whose name for `top_k` it has. */
  topK: 'claude' | 'nova' | undefined
  /** It takes `temperature`, `top_p` and `stop`; of Claude's own rules see `claude`. */
  sampling: boolean
  /** Ids of its calls are nine letters and digits, and no other comes back. */
  shortCallIds: boolean
}

const makers =
  /(?:^|[./])(ai21|amazon|anthropic|cohere|deepseek|google|meta|minimax|mistral|moonshot|moonshotai|nvidia|openai|qwen|writer|zai)\./

/**
 * Those that the page on structured output names. Claudes since 4.7, and Haiku 4.5 in some regions, are refused it:
 * Bedrock checks by a copy of Anthropic's schema that has no place for it.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
 */
const withSchemas =
  /claude-(?:opus|sonnet)-4-[56]|qwen3|gpt-oss|magistral-small|ministral-3|mistral-large-3|voxtral|gemma-3-(?:12|27)b|kimi|minimax-m2|nemotron|glm-|deepseek\.v3/

/** Refuse a choice of tools. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolChoice.html */
const withoutChoice = new Set(['ai21', 'cohere', 'meta', 'writer'])

/**
 * What a model takes, by its id, or by an ARN that holds it. Of one that we do not know nothing is held back that
 * Converse has a field for: a wrong guess is an error from the provider, never a silent loss.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html
 */
export function bedrockModel(id: string): BedrockModel {
  const name = id.toLowerCase()
  const maker = makers.exec(name)?.[1] ?? 'unknown'
  const claude = name.includes('claude') ? claudeModel(name) : undefined
  const isNova = maker === 'amazon' && name.includes('nova')
  const isOpenGpt = name.includes('gpt-oss')
  return {
    maker,
    claude,
    forces: forcesOf(maker, name, claude),
    schemas: withSchemas.test(name),
    caches: claude || maker === 'unknown' ? 'everywhere' : isNova ? 'not_in_tools' : 'nowhere',
    thinks: claude
      ? 'claude'
      : name.includes('nova-2')
        ? 'nova'
        : isOpenGpt
          ? 'gpt'
          : name.includes('qwen3')
            ? 'qwen'
            : undefined,
    topK: claude ? 'claude' : isNova ? 'nova' : undefined,
    // OpenAI's own models, other than the open ones, refuse them by name.
    sampling: maker !== 'openai' || isOpenGpt,
    shortCallIds: maker === 'mistral',
  }
}

function forcesOf(maker: string, name: string, claude: ClaudeModel | undefined): BedrockModel['forces'] {
  if (claude) return claude.forcedTools ? ['any', 'tool'] : []
  if (withoutChoice.has(maker) || name.includes('titan')) return []
  return maker === 'mistral' || name.includes('deepseek.v3-v1') ? ['any'] : ['any', 'tool']
}
