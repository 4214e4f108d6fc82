/** What a snippet is written in. */
export type SnippetKind = 'environment' | 'curl' | 'python' | 'typescript' | 'ai-sdk' | 'langchain'

export const snippetKinds: readonly { kind: SnippetKind; name: string }[] = [
  { kind: 'environment', name: 'Environment' },
  { kind: 'curl', name: 'curl' },
  { kind: 'python', name: 'Python' },
  { kind: 'typescript', name: 'TypeScript' },
  { kind: 'ai-sdk', name: 'AI SDK' },
  { kind: 'langchain', name: 'LangChain' },
]

/** What goes into a snippet. */
export interface SnippetValues {
  /** With `/v1`. */
  baseUrl: string
  model: string
  key: string
}

/** A program that makes one call. It runs as it is copied. */
export function snippet(kind: SnippetKind, { baseUrl, model, key }: SnippetValues): string {
  return programs[kind]({ url: baseUrl, model, key })
}

type Program = (values: { url: string; model: string; key: string }) => string

const programs: Record<SnippetKind, Program> = {
  environment: ({ url, model, key }) => `export OPENAI_BASE_URL=${inShell(url)}
export OPENAI_API_KEY=${inShell(key)}

# What speaks to OpenAI now speaks to Gatehouse, without a change. For one:
curl "$OPENAI_BASE_URL/chat/completions" \\
  -H "Authorization: Bearer $OPENAI_API_KEY" \\
  -H 'Content-Type: application/json' \\
  -d ${inShell(chat(model))}`,

  curl: ({ url, model, key }) => `curl ${inShell(`${url}/chat/completions`)} \\
  -H ${quotedInShell(`Authorization: Bearer ${key}`)} \\
  -H 'Content-Type: application/json' \\
  -d ${inShell(chat(model))}`,

  python: ({ url, model, key }) => `# pip install openai
from openai import OpenAI

client = OpenAI(
    base_url=${inCode(url)},
    api_key=${inCode(key)},
)
answer = client.chat.completions.create(
    model=${inCode(model)},
    messages=[{"role": "user", "content": "Say hello."}],
)
print(answer.choices[0].message.content)`,

  typescript: ({ url, model, key }) => `// npm install openai
import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: ${inScript(url)},
  apiKey: ${inScript(key)},
})
const answer = await client.chat.completions.create({
  model: ${inScript(model)},
  messages: [{ role: 'user', content: 'Say hello.' }],
})
console.log(answer.choices[0]?.message.content)`,

  'ai-sdk': ({ url, model, key }) => `// npm install ai @ai-sdk/openai-compatible
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText } from 'ai'

const gatehouse = createOpenAICompatible({
  name: 'gatehouse',
  baseURL: ${inScript(url)},
  apiKey: ${inScript(key)},
})
const { text } = await generateText({
  model: gatehouse(${inScript(model)}),
  prompt: 'Say hello.',
})
console.log(text)`,

  langchain: ({ url, model, key }) => `// npm install @langchain/openai @langchain/core
import { ChatOpenAI } from '@langchain/openai'

const chat = new ChatOpenAI({
  model: ${inScript(model)},
  apiKey: ${inScript(key)},
  configuration: { baseURL: ${inScript(url)} },
})
const answer = await chat.invoke('Say hello.')
console.log(answer.text)`,
}

/** What a snippet of a machine is written in. */
export type MachineSnippetKind = 'shell' | 'typescript'

/** A program that fetches a token by client credentials and makes one call. */
export function machineSnippet(
  kind: MachineSnippetKind,
  { baseUrl, model, issuer }: { baseUrl: string; model: string; issuer: string },
): string {
  const discovery = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  if (kind === 'shell')
    return `# SERVICE_ACCOUNT_CLIENT_ID and SERVICE_ACCOUNT_CLIENT_SECRET: from the issuer
OIDC_TOKEN_URL=$(curl -s ${inShell(discovery)} \\
  | ${member('token_endpoint')})
TOKEN=$(curl -s "$OIDC_TOKEN_URL" \\
  -d grant_type=client_credentials \\
  --data-urlencode "client_id=$SERVICE_ACCOUNT_CLIENT_ID" \\
  --data-urlencode "client_secret=$SERVICE_ACCOUNT_CLIENT_SECRET" \\
  | ${member('access_token')})

curl ${inShell(`${baseUrl}/chat/completions`)} \\
  -H "Authorization: Bearer $TOKEN" \\
  -H 'Content-Type: application/json' \\
  -d ${inShell(chat(model))}`
  return `// npm install openai @gatehouse/client
// In the environment: SERVICE_ACCOUNT_CLIENT_ID and SERVICE_ACCOUNT_CLIENT_SECRET, from the issuer
import { authenticatedFetch, GenericOAuth2Credential, ProxyAuthHandler } from '@gatehouse/client'
import OpenAI from 'openai'

const baseURL = ${inScript(baseUrl)}
const discovery = await fetch(${inScript(discovery)})
const { token_endpoint: tokenUrl } = await discovery.json()
const credential = new GenericOAuth2Credential({
  clientId: process.env.SERVICE_ACCOUNT_CLIENT_ID ?? '',
  clientSecret: process.env.SERVICE_ACCOUNT_CLIENT_SECRET ?? '',
  tokenUrl,
})
const handler = new ProxyAuthHandler({ credential })
const client = new OpenAI({
  baseURL,
  apiKey: 'unused',
  fetch: authenticatedFetch(handler, { baseUrl: baseURL }),
})
const answer = await client.chat.completions.create({
  model: ${inScript(model)},
  messages: [{ role: 'user', content: 'Say hello.' }],
})
console.log(answer.choices[0]?.message.content)`
}

const chat = (model: string) => JSON.stringify({ model, messages: [{ role: 'user', content: 'Say hello.' }] })

/** Reads a member out of flat JSON, where one cannot count on more than sed. */
const member = (name: string) => `sed -n 's/.*"${name}" *: *"\\([^"]*\\)".*/\\1/p'`

/** One word of a shell, whatever stands in it: the name of a model comes from its provider. */
const inShell = (value: string) => (/^[\w./:@-]+$/.test(value) ? value : quotedInShell(value))
const quotedInShell = (value: string) => `'${value.replaceAll("'", `'\\''`)}'`

/** A string of Python, and of JavaScript too. */
const inCode = (value: string) => JSON.stringify(value)

/** A string of JavaScript in its usual quotes. */
const inScript = (value: string) => (/^[^'\\\p{Cc}]*$/u.test(value) ? `'${value}'` : JSON.stringify(value))
