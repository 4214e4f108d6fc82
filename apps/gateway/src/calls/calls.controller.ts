import type { Accounts, AppliedPreset } from '@gatehouse/accounts'
import { AppError, CallBody, CallResult } from '@gatehouse/contracts'
import type { ChatRequest, Models } from '@gatehouse/llm'
import { Body, Controller, HttpCode, Inject, Post, Req, Res } from '@nestjs/common'
import { RouteConfig } from '@nestjs/platform-fastify'
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { GatewayConfig } from '../config.js'
import { MachinesToo } from '../http/access.js'
import { type Caller, CurrentCaller } from '../http/caller.js'
import { ClientGone, clientGone } from '../http/client-gone.js'
import { openEventStream } from '../http/event-stream.js'
import { publicError } from '../http/public-error.js'
import { largeBodyLimit } from '../http/server.js'
import { Dropped } from '../openai/dropped.js'
import type { Ask, OpenStream, Pipeline, Settled } from '../openai/pipeline.js'
import { costHeader, fromPairs, routeHeaders } from '../openai/route-headers.js'
import type { Router } from '../openai/router.js'
import { ACCOUNTS, CONFIG, MODELS, PIPELINE, ROUTER } from '../tokens.js'

/** The plain way to call a model: one prompt, one answer. */
@ApiTags('calls')
@ApiBearerAuth()
@MachinesToo()
@Controller('api/v1/llm')
export class CallsController {
  constructor(
    @Inject(PIPELINE) private readonly pipeline: Pipeline,
    @Inject(MODELS) private readonly models: Models,
    @Inject(ROUTER) private readonly router: Router,
    @Inject(ACCOUNTS) private readonly accounts: Accounts,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Post('call')
  @HttpCode(200)
  @RouteConfig({ bodyLimit: largeBodyLimit })
  @ApiOperation({
    summary: 'Call a model',
    description:
      'With `stream: true` the answer is an event stream. `x-gatehouse-preset` names the preset that was applied.',
  })
  @ApiOkResponse({ standardSchema: CallResult })
  async call(
    @Body({ schema: CallBody }) body: CallBody,
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const gone = clientGone(reply)
    const dropped = new Dropped(request)
    try {
      const preset = await this.preset(body, caller)
      // Before anything is asked, so that an error says too under which parameters it came.
      if (preset) void reply.header('x-gatehouse-preset', preset.id)
      const ask = { ...this.ask(body, preset, caller, request, gone), onDropped: dropped.note }
      if (body.stream) await this.stream(await this.pipeline.stream(ask), reply, dropped)
      else await this.answer(ask, reply, dropped)
    } catch (error) {
      // Nobody is there to be told.
      if (!(error instanceof ClientGone)) throw error
      reply.hijack()
    }
  }

  /** The body as a chat request: what is not given is not sent, and what the caller says wins over a preset. */
  private ask(
    body: CallBody,
    preset: AppliedPreset | null,
    caller: Caller,
    request: FastifyRequest,
    gone: AbortSignal,
  ): Ask {
    const { system, ...given } = { ...preset?.parameters, ...explicit(body) }
    const messages: ChatRequest['messages'] = body.messages ?? [{ role: 'user', content: body.prompt ?? '' }]
    return {
      caller,
      endpoint: '/api/v1/llm/call',
      operation: 'chat',
      requestId: request.id,
      route: this.router.byProvider(body.provider, body.model ?? preset?.model),
      askedModel: body.model ?? preset?.model,
      streamed: body.stream === true,
      request: () => ({
        messages: system === undefined ? messages : [{ role: 'system', content: system }, ...messages],
        ...given,
      }),
      // What a machine says is nobody's own.
      keepContent:
        this.config.keepContent === 'all' ||
        (this.config.keepContent === 'own' && caller.principal.kind === 'user'),
      gone,
    }
  }

  private async preset(body: CallBody, caller: Caller): Promise<AppliedPreset | null> {
    // Resolved first: an unknown provider is told as such, and aliases of one provider share their presets.
    const named = body.preset_id !== undefined && body.model === undefined
    const candidate = named ? null : this.models.resolve(body.provider, body.model)[0]
    const preset = await this.accounts.presets.forCall(caller.principal.id, {
      presetId: body.preset_id,
      provider: candidate?.provider ?? body.provider,
      model: candidate?.model ?? '',
    })
    const provider = this.models.resolve(body.provider, body.model ?? preset?.model)[0]?.provider
    if (preset && preset.provider !== provider) {
      throw new AppError('invalid_request', {
        param: 'preset_id',
        message: `The preset is for ${preset.provider}, the call for ${body.provider}.`,
      })
    }
    return preset
  }

  private async answer(ask: Ask, reply: FastifyReply, dropped: Dropped): Promise<void> {
    const { completion, settled } = await this.pipeline.complete(ask)
    const response = completion.choices[0]?.message.content ?? ''
    const headers = [...routeHeaders(settled), ...costHeader(settled), ...dropped.header()]
    void reply.headers(fromPairs(headers)).send({ ...result(settled), response } satisfies CallResult)
  }

  private async stream(stream: OpenStream, reply: FastifyReply, dropped: Dropped): Promise<void> {
    const headers = fromPairs([...routeHeaders(stream), ...dropped.header()])
    const events = openEventStream(reply, headers, stream.signal)
    try {
      for await (const chunk of stream.chunks) {
        const delta = chunk.choices[0]?.delta.content
        if (delta) await events.send({ delta })
      }
      await events.send(result(stream.settled()))
    } catch (error) {
      // After the first byte an error is the last event.
      if (!(error instanceof ClientGone)) await events.send(publicError(error).body)
    }
    events.end()
  }
}

function explicit({ temperature, max_tokens, top_p, stop, system }: CallBody) {
  const given = { temperature, max_tokens, top_p, stop, system }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<
    typeof given
  >
}

function result(settled: Settled): Omit<CallResult, 'response'> {
  return {
    id: settled.id,
    provider: settled.provider,
    model: settled.model,
    finish_reason: settled.finishReason,
    usage: {
      input_tokens: settled.inputTokens,
      output_tokens: settled.outputTokens,
      total_tokens: settled.inputTokens + settled.outputTokens,
    },
    cost_usd: settled.costUsd,
    latency_ms: settled.latencyMs,
    history_id: settled.id,
  }
}
