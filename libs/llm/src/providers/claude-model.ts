/** How much effort Claude may be told to make. */
export type ClaudeEffort = 'low' | 'medium' | 'high' | 'xhigh' | 'max'

/** What a model of Anthropic's takes, wherever it is served. */
export interface ClaudeModel {
  /** The most tokens that one answer may have. */
  maxTokens: number
  /** `budget`: as many tokens as it is given; `adaptive`: as many as it finds right. */
  thinking: 'none' | 'budget' | 'adaptive'
  /** It thinks unless told not to. */
  thinksUnasked: boolean
  /** The setting under which it thinks least; undefined where it always thinks. */
  leastThinking: 'disabled' | 'between_tools' | undefined
  /** What `output_config.effort` may be; empty where the model refuses it. */
  efforts: readonly ClaudeEffort[]
  /** It takes `temperature`, `top_p` and `top_k`. */
  sampling: boolean
  /** It takes one of `temperature` and `top_p`, not both. */
  oneOfSampling: boolean
  /** It can be made to call a tool. */
  forcedTools: boolean
  /** It keeps to a JSON schema, in its answer and for strict tools. */
  schemas: boolean
}

const everyEffort: readonly ClaudeEffort[] = ['low', 'medium', 'high', 'xhigh', 'max']

/** A model that is no Claude, behind an address that speaks as Anthropic does: nothing is known, so nothing is held back. */
const other: ClaudeModel = {
  maxTokens: 8_192,
  thinking: 'budget',
  thinksUnasked: false,
  leastThinking: 'disabled',
  efforts: [],
  sampling: true,
  oneOfSampling: false,
  forcedTools: true,
  schemas: true,
}

/**
 * What a model takes, by its name: on Anthropic's own API, on Bedrock and elsewhere. A name that we do not know is taken
 * for a newer model, since old ones are all known.
 * https://platform.claude.com/docs/en/models and the "What's new" pages there; read in November 2026
 */
export function claudeModel(id: string): ClaudeModel {
  if (!/claude/i.test(id)) return other
  const { family, version } = readName(id.toLowerCase())
  const isOpus = family === 'opus'
  const isAlwaysThinking = family === 'fable' || family === 'mythos' || (isOpus && version >= 505)
  return {
    maxTokens: mostTokens(family, version),
    thinking: version < 307 ? 'none' : version < 406 ? 'budget' : 'adaptive',
    thinksUnasked: version >= 500,
    leastThinking: isAlwaysThinking
      ? undefined
      : family === 'sonnet' && version >= 505
        ? 'between_tools'
        : 'disabled',
    efforts: effortsOf(family, version),
    sampling: version < 407,
    oneOfSampling: version >= 401,
    forcedTools: !(
      ((isOpus || family === 'sonnet') && version >= 505) ||
      ((family === 'fable' || family === 'mythos') && version >= 501)
    ),
    schemas: version >= 405 || (isOpus && version >= 401),
  }
}

/** `claude-opus-4-5-20251101`, `claude-3-7-sonnet-latest`, `eu.anthropic.claude-sonnet-4-5-20250929-v1:0`: 405, 307, 405. */
function readName(id: string): { family: string; version: number } {
  const [, family, major, minor] =
    /claude-(opus|sonnet|haiku|fable|mythos)-(\d)(?:[-.](\d)(?!\d))?(?!\d)/.exec(id) ?? []
  if (family) return { family, version: toVersion(major, minor) }
  const [, oldMajor, oldMinor, oldFamily = 'opus'] =
    /claude-(?:v|instant-(?:v)?)?(\d)(?:[-.](\d)(?!\d))?(?:-(opus|sonnet|haiku))?/.exec(id) ?? []
  if (oldMajor) return { family: oldFamily, version: toVersion(oldMajor, oldMinor) }
  return { family: /claude-([a-z]+)/.exec(id)?.[1] ?? '', version: Number.POSITIVE_INFINITY }
}

/** 405 for 4.5, so that 4.10 would come behind 4.9. */
function toVersion(major = '0', minor = '0'): number {
  return Number(major) * 100 + Number(minor)
}

function mostTokens(family: string, version: number): number {
  if (version < 305) return 4_096
  if (version < 307) return 8_192
  if (version >= 406) return 128_000
  return family === 'opus' && version >= 400 && version < 405 ? 32_000 : 64_000
}

function effortsOf(family: string, version: number): readonly ClaudeEffort[] {
  if (version >= 407) return everyEffort
  if (version >= 406) return ['low', 'medium', 'high', 'max']
  return family === 'opus' && version >= 405 ? ['low', 'medium', 'high'] : []
}
