import type { Provider } from '../provider.js'
import { azure } from './azure.js'
import { bedrock } from './bedrock.js'
import { google } from './google.js'
import { grok } from './grok.js'
import { openai } from './openai.js'

/** Every provider of models, in the order in which they are listed. */
export const providers: readonly Provider[] = [openai, azure, google, bedrock, grok]
