// A model provider that answers at once, in a process of its own. The model's name says how:
// json, json-20 (after 20 ms), sse-50 (a burst of 50 events), sse-500, sse-50-20 (20 ms between events).
import http from 'node:http'

const completion = (model) =>
  JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1_790_000_000,
    model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'The quick brown fox jumps over the lazy dog. '.repeat(18) },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: {
      prompt_tokens: 250,
      completion_tokens: 180,
      total_tokens: 430,
      prompt_tokens_details: { cached_tokens: 0 },
    },
  })
const event = (model, delta, finish = null) =>
  `data: ${JSON.stringify({ id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1_790_000_000, model, system_fingerprint: 'fp_0123456789', choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], usage: null })}\n\n`
const usage = (model) =>
  `data: ${JSON.stringify({ id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1_790_000_000, model, choices: [], usage: { prompt_tokens: 250, completion_tokens: 50, total_tokens: 300 } })}\n\n`

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

http
  .createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', async () => {
      const body = Buffer.concat(chunks)
      const model =
        /"model":\s*"(?:\w+\/)?([\w-]+)"/.exec(
          body.toString('latin1', 0, 400) + body.toString('latin1', Math.max(0, body.length - 400)),
        )?.[1] ?? 'json'
      const [kind, first, second] = model.split('-')
      if (kind === 'json') {
        if (first) await wait(Number(first))
        const text = completion(model)
        response.writeHead(200, {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        })
        response.end(text)
        return
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (let index = 0; index < Number(first); index++) {
        response.write(event(model, { content: ' token and some more of it' }))
        if (second) await wait(Number(second))
        if (response.destroyed) return
      }
      response.write(event(model, {}, 'stop'))
      response.write(usage(model))
      response.end('data: [DONE]\n\n')
    })
  })
  .listen(Number(process.argv[2]), '127.0.0.1', () => process.send?.('ready'))
