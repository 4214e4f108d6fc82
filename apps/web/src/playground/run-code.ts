import type { ChatBody } from './chat-body.ts'

export const codeLanguages = [
  { id: 'curl', name: 'curl' },
  { id: 'python', name: 'Python' },
  { id: 'typescript', name: 'TypeScript' },
] as const
export type CodeLanguage = (typeof codeLanguages)[number]['id']

/** A program that does exactly this run; the key is read from the environment. */
export function runCode(language: CodeLanguage, baseUrl: string, body: ChatBody): string {
  if (language === 'curl') return curl(baseUrl, body)
  return language === 'python' ? python(baseUrl, body) : typescript(baseUrl, body)
}

const curl = (baseUrl: string, body: ChatBody) =>
  [
    `curl -N ${shell(`${baseUrl}/chat/completions`)} \\`,
    `  -H "authorization: Bearer $OPENAI_API_KEY" \\`,
    `  -H 'content-type: application/json' \\`,
    `  -d ${shell(JSON.stringify(body, null, 2))}`,
  ].join('\n')

const python = (baseUrl: string, body: ChatBody) =>
  [
    'from openai import OpenAI',
    '',
    `client = OpenAI(base_url=${JSON.stringify(baseUrl)})  # reads OPENAI_API_KEY`,
    '',
    'stream = client.chat.completions.create(',
    ...Object.entries(body).map(([name, value]) => `    ${name}=${literal(value, '    ', pythonWords)},`),
    ')',
    'for chunk in stream:',
    '    if chunk.choices:',
    '        print(chunk.choices[0].delta.content or "", end="", flush=True)',
    'print()',
  ].join('\n')

const typescript = (baseUrl: string, body: ChatBody) =>
  [
    "import OpenAI from 'openai'",
    '',
    `const client = new OpenAI({ baseURL: ${JSON.stringify(baseUrl)} }) // reads OPENAI_API_KEY`,
    '',
    'const stream = await client.chat.completions.create({',
    ...Object.entries(body).map(([name, value]) => `  ${name}: ${literal(value, '  ', typescriptWords)},`),
    '})',
    'for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? "")',
    'process.stdout.write("\\n")',
  ].join('\n')

interface Words {
  yes: string
  key: (name: string) => string
  indent: string
}
const pythonWords: Words = { yes: 'True', key: JSON.stringify, indent: '    ' }
const typescriptWords: Words = { yes: 'true', key: (name) => name, indent: '  ' }

/** A value as both languages write it; a text of JSON is one of either. */
function literal(value: unknown, indent: string, words: Words): string {
  if (value === true) return words.yes
  if (Array.isArray(value)) {
    if (value.every((entry) => typeof entry === 'string'))
      return `[${value.map((entry) => JSON.stringify(entry)).join(', ')}]`
    const inner = indent + words.indent
    return `[\n${value.map((entry) => `${inner}${literal(entry, inner, words)},\n`).join('')}${indent}]`
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value)
  const flat = entries
    .map(([name, entry]) => `${words.key(name)}: ${literal(entry, indent, words)}`)
    .join(', ')
  return `{${words === typescriptWords ? ` ${flat} ` : flat}}`
}

const shell = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`

/** The same with pictures cut short: megabytes of base64 are nothing to read. */
export const withShortPictures = (code: string): string =>
  code.replace(/(data:image\/[\w.+-]+;base64,[\w+/]{16})[\w+/=]+/g, '$1…')
