import type { Provider } from '../provider.js'
import { anthropic } from './anthropic.js'
import { azure } from './azure.js'
import { bedrock } from './bedrock.js'
import { cerebras } from './cerebras.js'
import { cohere } from './cohere.js'
import { custom } from './custom.js'
import { deepseek } from './deepseek.js'
import { fireworks } from './fireworks.js'
import { google } from './google.js'
import { grok } from './grok.js'
import { groq } from './groq.js'
import { mistral } from './mistral.js'
import { moonshot } from './moonshot.js'
import { nvidia } from './nvidia.js'
import { ollama } from './ollama.js'
import { openai } from './openai.js'
import { openrouter } from './openrouter.js'
import { perplexity } from './perplexity.js'
import { together } from './together.js'

/** Every provider of models, in the order in which they are listed. */
export const providers: readonly Provider[] = [
  openai,
  anthropic,
  azure,
  google,
  bedrock,
  grok,
  groq,
  mistral,
  deepseek,
  openrouter,
  together,
  fireworks,
  perplexity,
  cohere,
  cerebras,
  nvidia,
  moonshot,
  ollama,
  custom,
]
