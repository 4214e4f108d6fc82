import { SystemStatus } from '@gatehouse/contracts'
import type { SignIn, TrustedIssuers } from '@gatehouse/identity'
import type { Models } from '@gatehouse/llm'
import type { Database } from '@gatehouse/platform'
import type { CallLog } from '@gatehouse/usage'
import { Controller, Get, Inject } from '@nestjs/common'
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import type { GatewayConfig } from '../config.js'
import { AdminOnly } from '../http/access.js'
import { catalogOf } from '../models/catalog.js'
import type { LiveCalls } from '../openai/live-calls.js'
import type { Router } from '../openai/router.js'
import { CALLS, CONFIG, DATABASE, ISSUERS, LIVE_CALLS, MODELS, ROUTER, SIGN_IN } from '../tokens.js'
import { version } from '../version.js'
import { databaseStatus } from './database-status.js'

/** How this process stands. */
@ApiTags('admin')
@ApiBearerAuth()
@AdminOnly()
@Controller('api/v1/admin/status')
export class StatusController {
  private readonly startedAt = new Date(Date.now() - process.uptime() * 1000).toISOString()

  constructor(
    @Inject(CONFIG) private readonly config: GatewayConfig,
    @Inject(DATABASE) private readonly database: Database,
    @Inject(CALLS) private readonly calls: CallLog,
    @Inject(LIVE_CALLS) private readonly live: LiveCalls,
    @Inject(MODELS) private readonly models: Models,
    @Inject(ROUTER) private readonly router: Router,
    @Inject(ISSUERS) private readonly issuers: TrustedIssuers,
    @Inject(SIGN_IN) private readonly signIn: SignIn,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'Version, database, spool, providers and settings of the process that answers',
    description: 'Secrets are said to be set or not, and nothing else of them.',
  })
  @ApiOkResponse({ standardSchema: SystemStatus })
  async status(): Promise<SystemStatus> {
    const { config, calls, models, router } = this
    const { providers } = catalogOf({ calls, models, router }, { modelLists: [], credentials: null }, null)
    return {
      version,
      node_version: process.versions.node,
      started_at: this.startedAt,
      environment: config.production ? 'production' : 'development',
      public_url: config.publicUrl,
      database: await databaseStatus(this.database),
      spool: { waiting: calls.waiting(), bytes: calls.waitingBytes() },
      live_calls: this.live.count(),
      memory_bytes: process.memoryUsage.rss(),
      providers: countOf(providers.map(({ state }) => state)),
      issuers: countOf(this.issuers.list().map(({ state }) => state)),
      sign_in_providers: this.signIn.list().map(({ id }) => id),
      content: { kept: config.keepContent, retention_days: config.contentRetentionDays },
      settings: [...config.settings],
      warnings: [...config.warnings],
    }
  }
}

function countOf(states: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const state of states) counts[state] = (counts[state] ?? 0) + 1
  return counts
}
