import { Catalog } from '@gatehouse/contracts'
import type { Models } from '@gatehouse/llm'
import type { CallLog } from '@gatehouse/usage'
import { Controller, Get, Inject } from '@nestjs/common'
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import { MachinesToo } from '../http/access.js'
import { type Caller, CurrentCaller, isAdmin } from '../http/caller.js'
import type { Router } from '../openai/router.js'
import { CALLS, MODELS, ROUTER } from '../tokens.js'
import { catalogOf } from './catalog.js'

/** What the caller may use, with prices, and how its providers do. */
@ApiTags('models')
@ApiBearerAuth()
@MachinesToo()
@Controller('api/v1/models')
export class CatalogController {
  constructor(
    @Inject(MODELS) private readonly models: Models,
    @Inject(ROUTER) private readonly router: Router,
    @Inject(CALLS) private readonly calls: CallLog,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'The models that the caller may use, and every provider, configured or not',
    description:
      'What is known at once: no provider is asked while somebody waits. `GET /v1/models` is the same list in ' +
      "OpenAI's shape. The figures of the last hour are those of all callers together, some seconds old.",
  })
  @ApiOkResponse({ standardSchema: Catalog })
  async list(@CurrentCaller() caller: Caller): Promise<Catalog> {
    // For the next one who looks: asked again in the background where what is known is old. It never rejects.
    void this.models.list()
    const { modelLists } = caller
    const [lastHour, credentials] = await Promise.all([
      this.calls.lastHour(),
      isAdmin(caller) ? this.models.credentials() : null,
    ])
    return catalogOf(
      { models: this.models, router: this.router, calls: this.calls },
      { modelLists, credentials },
      lastHour,
    )
  }
}
