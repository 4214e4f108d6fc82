import type { Accounts, Presets } from '@gatehouse/accounts'
import { PresetBody, PresetList, PresetView, page } from '@gatehouse/contracts'
import type { Models } from '@gatehouse/llm'
import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, Query } from '@nestjs/common'
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger'
import { z } from 'zod'
import { type Caller, CurrentCaller } from '../http/caller.js'
import { ACCOUNTS, MODELS } from '../tokens.js'

const PresetQuery = z.strictObject(page)

/** One's own saved parameters. */
@ApiTags('presets')
@ApiBearerAuth()
@Controller('api/v1/presets')
export class PresetsController {
  private readonly presets: Presets

  constructor(
    @Inject(ACCOUNTS) accounts: Accounts,
    @Inject(MODELS) private readonly models: Models,
  ) {
    this.presets = accounts.presets
  }

  @Get()
  @ApiOperation({ summary: "One's own presets" })
  @ApiOkResponse({ standardSchema: PresetList })
  list(
    @Query({ schema: PresetQuery }) query: z.infer<typeof PresetQuery>,
    @CurrentCaller() { principal }: Caller,
  ) {
    return this.presets.list(principal.id, query)
  }

  @Post()
  @ApiOperation({ summary: 'Save parameters for a model' })
  @ApiCreatedResponse({ standardSchema: PresetView })
  create(
    @Body({ schema: PresetBody }) body: PresetBody,
    @CurrentCaller() { principal }: Caller,
  ): Promise<PresetView> {
    return this.presets.create(principal.id, this.canonical(body))
  }

  @Get(':id')
  @ApiOperation({ summary: 'One preset' })
  @ApiOkResponse({ standardSchema: PresetView })
  get(@Param('id') id: string, @CurrentCaller() { principal }: Caller): Promise<PresetView> {
    return this.presets.get(principal.id, id)
  }

  @Put(':id')
  @ApiOperation({ summary: 'Replace a preset' })
  @ApiOkResponse({ standardSchema: PresetView })
  replace(
    @Param('id') id: string,
    @Body({ schema: PresetBody }) body: PresetBody,
    @CurrentCaller() { principal }: Caller,
  ): Promise<PresetView> {
    return this.presets.replace(principal.id, id, this.canonical(body))
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a preset' })
  @ApiNoContentResponse()
  remove(@Param('id') id: string, @CurrentCaller() { principal }: Caller): Promise<void> {
    return this.presets.remove(principal.id, id)
  }

  /** Kept under the provider's own id, so that a call by an alias finds its default preset. */
  private canonical(body: PresetBody): PresetBody {
    return { ...body, provider: this.models.providerId(body.provider) }
  }
}
