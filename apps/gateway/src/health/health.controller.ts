import { createHash, timingSafeEqual } from 'node:crypto'
import { AppError } from '@gatehouse/contracts'
import { readCredential } from '@gatehouse/identity'
import type { Database, Metrics } from '@gatehouse/platform'
import { Controller, Get, Inject, Req, Res } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { GatewayConfig } from '../config.js'
import { Public } from '../http/access.js'
import { Entry } from '../http/entry.js'
import type { Lifecycle } from '../lifecycle.js'
import { CONFIG, DATABASE, LIFECYCLE, METRICS } from '../tokens.js'

/** Probes and metrics. No probe ever calls a model. */
@ApiTags('operation')
@Controller()
export class HealthController {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(METRICS) private readonly metrics: Metrics,
    @Inject(CONFIG) private readonly config: GatewayConfig,
    @Inject(LIFECYCLE) private readonly lifecycle: Lifecycle,
    @Inject(Entry) private readonly entry: Entry,
  ) {}

  @Get(['health', 'live', 'ping'])
  @Public()
  @ApiOperation({ summary: 'Alive' })
  health() {
    return { status: 'ok' }
  }

  @Get('ready')
  @Public()
  @ApiOperation({ summary: 'Ready to serve, or 503 with what is missing' })
  async ready(@Res({ passthrough: true }) reply: FastifyReply) {
    const missing = this.lifecycle.missing()
    if (missing.length === 0) await this.database.ping().catch(() => missing.push('database'))
    if (missing.length === 0) return { status: 'ok' }
    void reply.code(503).header('retry-after', '5')
    return { status: 'unavailable', missing }
  }

  /**
   * Open to the guard, since METRICS_TOKEN is no session; closed here to all but it and admins. Without sign-in there is
   * no admin, and whoever is on this machine may read them.
   */
  @Get('metrics')
  @Public()
  @ApiOperation({ summary: 'Prometheus metrics, for admins and for METRICS_TOKEN' })
  async read(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    if (!this.hasToken(request))
      await this.entry.open(request, reply, this.config.enableAuth ? 'admin' : 'caller')
    void reply.type(this.metrics.registry.contentType)
    return this.metrics.registry.metrics()
  }

  private hasToken(request: FastifyRequest): boolean {
    const given = readCredential(request.raw.rawHeaders, request.url)
    if (!this.config.metricsToken || given === null) return false
    const [a, b] = [given, this.config.metricsToken].map((text) => createHash('sha256').update(text).digest())
    if (!a || !b) throw new AppError('internal_error')
    return timingSafeEqual(a, b)
  }
}
