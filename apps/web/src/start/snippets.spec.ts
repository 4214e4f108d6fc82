import { expect, it } from 'vitest'
import { machineSnippet, snippet, snippetKinds } from './snippets.ts'

// By a name that the compiler does not follow: the types of the web app know a browser, and no Node.
const processes: string = 'node:child_process'
const { execFileSync } = (await import(/* @vite-ignore */ processes)) as {
  execFileSync: (file: string, words: string[]) => { toString(): string }
}

const values = { baseUrl: 'https://gate.test/v1', model: 'openai/gpt-5-mini', key: 'gh_secret' }

it('every snippet holds the address, the model and the key', () => {
  for (const { kind } of snippetKinds) {
    const text = snippet(kind, values)
    for (const value of Object.values(values)) expect(text, kind).toContain(value)
  }
})

it('what a shell is given is what was meant, whatever a model is called', () => {
  const model = `it's "$(touch /tmp/x)" \`id\` \\ $HOME`
  for (const kind of ['environment', 'curl'] as const) {
    // A curl that says what it was called with.
    const script = `curl() { printf '%s\\0' "$@"; }\n${snippet(kind, { ...values, model })}`
    const words = execFileSync('bash', ['-c', script]).toString().split('\0')
    expect(words, kind).toContain('https://gate.test/v1/chat/completions')
    expect(words, kind).toContain('Authorization: Bearer gh_secret')
    expect(JSON.parse(words[words.indexOf('-d') + 1] ?? ''), kind).toMatchObject({ model })
  }
})

it('what a program is given is what was meant too', () => {
  const model = `it's "odd" \\ one`
  expect(snippet('typescript', { ...values, model })).toContain(JSON.stringify(model))
  expect(snippet('python', { ...values, model })).toContain(JSON.stringify(model))
  expect(snippet('langchain', values)).toContain(`model: 'openai/gpt-5-mini'`)
})

it('a machine asks the issuer where tokens are, and calls with one', () => {
  const script = `
curl() { for word in "$@"; do case $word in
  https://id.test/realm/.well-known/openid-configuration) echo '{"issuer":"x","token_endpoint":"https://id.test/token","y":1}';;
  https://id.test/token) echo '{"access_token":"a.b.c","expires_in":300}';;
  "Authorization: Bearer a.b.c") echo called;;
esac; done; }
SERVICE_ACCOUNT_CLIENT_ID=me SERVICE_ACCOUNT_CLIENT_SECRET=secret
${machineSnippet('shell', { ...values, issuer: 'https://id.test/realm/' })}`
  expect(execFileSync('bash', ['-c', script]).toString().trim()).toBe('called')
})
