import { toList } from '@gatehouse/contracts'
import type { Models, ProviderState } from '@gatehouse/llm'
import { Controller, Get, Inject } from '@nestjs/common'
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger'
import { AdminOnly } from '../http/access.js'
import { MODELS } from '../tokens.js'

/** How the model providers stand. */
@ApiTags('admin')
@ApiBearerAuth()
@AdminOnly()
@Controller('api/v1/admin/providers')
export class AdminProvidersController {
  constructor(@Inject(MODELS) private readonly models: Models) {}

  @Get()
  @ApiOperation({ summary: 'Model providers, ready or with the variables that are missing' })
  list() {
    const rows = this.models.status().map(view)
    return toList(rows, rows.length)
  }
}

function view({ id, name, state, missing, credential, defaultModel, problem }: ProviderState) {
  return {
    id,
    name,
    state,
    missing,
    credential,
    default_model: defaultModel ?? null,
    problem: problem ?? null,
  }
}
