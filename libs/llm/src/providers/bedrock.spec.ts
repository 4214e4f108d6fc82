import { createTransport, type Transport } from '@gatehouse/outbound'
import { type StandIn, startBedrock, startServer } from '@gatehouse/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ChatChunk, ChatRequest } from '../chat.js'
import { createModels } from '../models.js'

const never = new AbortController().signal
const request: ChatRequest = { model: 'amazon.nova-lite-v1:0', messages: [{ role: 'user', content: 'Hi' }] }
const keys = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG' }

let transport: Transport
let standIn: StandIn
let environment: NodeJS.ProcessEnv
beforeEach(async () => {
  transport = createTransport()
  standIn = await startBedrock()
  environment = { ...process.env }
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name]
  // Files and the metadata service of the machine that runs the tests are not to be found.
  Object.assign(process.env, {
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/nonexistent/config',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
  })
})
afterEach(async () => {
  process.env = environment
  await transport.close()
  await standIn.close()
})

function modelsWith(values: Record<string, unknown>) {
  const address = { AWS_REGION: 'eu-central-1', AWS_ENDPOINT_URL_BEDROCK_RUNTIME: standIn.url }
  return createModels({ values: { ...address, ...values }, transport, production: true })
}

function clientWith(values: Record<string, unknown>) {
  const [candidate] = modelsWith(values).resolve('bedrock', request.model)
  if (!candidate) throw new Error('no candidate')
  return candidate.client
}

async function readStream(values: Record<string, unknown> = keys): Promise<ChatChunk[]> {
  const chunks: ChatChunk[] = []
  for await (const chunk of await clientWith(values).stream(request, { signal: never })) chunks.push(chunk)
  return chunks
}

const stateOf = (models: ReturnType<typeof modelsWith>) => models.status().find(({ id }) => id === 'bedrock')

describe('Bedrock', () => {
  it('takes an API key of its own', async () => {
    expect(stateOf(modelsWith({ AWS_BEARER_TOKEN_BEDROCK: 'ABSK-1' }))).toMatchObject({
      state: 'ready',
      credential: 'api_key',
    })
    await clientWith({ AWS_BEARER_TOKEN_BEDROCK: 'ABSK-1' }).complete(request, { signal: never })
    expect(standIn.requests[0]?.headers.authorization).toBe('Bearer ABSK-1')
  })

  it('sends the token of temporary keys', async () => {
    await clientWith({ ...keys, AWS_SESSION_TOKEN: 'session-1' }).complete(request, { signal: never })
    expect(standIn.requests[0]?.headers['x-amz-security-token']).toBe('session-1')
  })

  it("finds the role of a pod by the SDK's own chain, and looks before it says that it is ready", async () => {
    const pod = await startServer((_incoming, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(
        JSON.stringify({
          AccessKeyId: 'ASIAPOD',
          SecretAccessKey: 'secret-of-the-pod',
          Token: 'token-of-the-pod',
          Expiration: new Date(Date.now() + 3_600_000).toISOString(),
        }),
      ),
    )
    process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI = `${pod.url}/credentials`
    const models = modelsWith({})
    expect(stateOf(models)).toMatchObject({ state: 'not_configured', credential: 'aws_chain' })
    await models.check(never)
    expect(stateOf(models)).toMatchObject({ state: 'ready', missing: [] })
    await readStream({})
    expect(standIn.requests[0]?.headers.authorization).toContain('Credential=ASIAPOD/')
    await pod.close()
  })

  it('says what to set where the chain finds nothing', async () => {
    const models = modelsWith({})
    await models.check(never)
    expect(stateOf(models)).toMatchObject({
      state: 'not_configured',
      missing: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
      problem: expect.stringContaining('No AWS credentials were found'),
    })
    await expect(clientWith({}).complete(request, { signal: never })).rejects.toMatchObject({
      code: 'provider_not_configured',
      message: expect.stringContaining('AWS_ACCESS_KEY_ID'),
    })
    expect(standIn.requests).toHaveLength(0)
  })

  it('T56: writes the model into one segment of the path', async () => {
    const arn = 'arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0'
    await clientWith(keys).complete({ ...request, model: arn }, { signal: never })
    expect(standIn.requests[0]?.path).toBe(`/model/${encodeURIComponent(arn)}/converse`)
  })

  it.each([
    ['ThrottlingException', 429, 'provider_rate_limited'],
    ['AccessDeniedException', 403, 'provider_auth_failed'],
    ['UnrecognizedClientException', 403, 'provider_auth_failed'],
    ['ResourceNotFoundException', 404, 'model_not_found'],
    ['ValidationException', 400, 'provider_rejected'],
    ['ModelTimeoutException', 408, 'provider_timeout'],
    ['ModelErrorException', 424, 'provider_error'],
    ['ServiceUnavailableException', 503, 'provider_error'],
  ])('maps %s', async (code, status, ours) => {
    standIn.next({ refuse: { status, code, message: 'because' } })
    await expect(clientWith(keys).complete(request, { signal: never })).rejects.toMatchObject({ code: ours })
  })

  it('F08: an error page of something on the way is not quoted', async () => {
    standIn.next({
      answer: { status: 400, headers: { 'content-type': 'text/html' }, body: '<html>Bad</html>' },
    })
    const error = await clientWith(keys)
      .complete(request, { signal: never })
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'provider_rejected', message: 'Amazon Bedrock refused the request.' })
  })

  const answerFrames = (body: Buffer) =>
    startServer((incoming, response) => {
      incoming.resume()
      response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' }).end(body)
    })

  it('T69: a frame that says it has gigabytes is a bad answer, and nothing is set aside for it', async () => {
    const hostile = await answerFrames(Buffer.from('fffffff0000000000000000000000000', 'hex'))
    const before = process.memoryUsage().arrayBuffers
    await expect(
      readStream({ ...keys, AWS_ENDPOINT_URL_BEDROCK_RUNTIME: hostile.url }),
    ).rejects.toMatchObject({
      code: 'bad_upstream_response',
    })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024)
    await hostile.close()
  })

  it('F09: a frame whose checksum is wrong is a bad answer', async () => {
    const broken = await answerFrames(Buffer.from('000000100000000000000000deadbeef', 'hex'))
    await expect(readStream({ ...keys, AWS_ENDPOINT_URL_BEDROCK_RUNTIME: broken.url })).rejects.toMatchObject(
      {
        code: 'bad_upstream_response',
      },
    )
    await broken.close()
  })
})
