import type { Accounts } from '@gatehouse/accounts'
import { ExplainTokenBody, IssuerList, TokenExplained, toList } from '@gatehouse/contracts'
import type { IssuerListing, SessionTokens, TrustedIssuers } from '@gatehouse/identity'
import { Body, Controller, Get, HttpCode, Inject, Post } from '@nestjs/common'
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import type { z } from 'zod'
import { AdminOnly } from '../http/access.js'
import { ACCOUNTS, ISSUERS, SESSION_TOKENS } from '../tokens.js'
import { explainToken } from './explain.js'

/** Whose tokens are trusted, and why one was not. */
@ApiTags('admin')
@ApiBearerAuth()
@AdminOnly()
@Controller('api/v1/admin')
export class IssuersController {
  constructor(
    @Inject(ISSUERS) private readonly issuers: TrustedIssuers,
    @Inject(ACCOUNTS) private readonly accounts: Accounts,
    @Inject(SESSION_TOKENS) private readonly sessionTokens: SessionTokens,
  ) {}

  @Get('issuers')
  @ApiOperation({ summary: 'Trusted issuers, and whether each answers' })
  @ApiOkResponse({ standardSchema: IssuerList })
  list(): IssuerList {
    const rows = this.issuers.list().map(view)
    return toList(rows, rows.length)
  }

  @Post('explain-token')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Why a token is accepted or not, step by step',
    description: 'The token is neither kept nor logged, and no account is made for it.',
  })
  @ApiOkResponse({ standardSchema: TokenExplained })
  explain(
    @Body({ schema: ExplainTokenBody }) { token }: z.infer<typeof ExplainTokenBody>,
  ): Promise<TokenExplained> {
    const { accounts, issuers, sessionTokens } = this
    return explainToken(token, { accounts, issuers, sessionTokens })
  }
}

function view({ answeredAt, audiences, ...listing }: IssuerListing) {
  return { ...listing, audiences: [...audiences], answered_at: answeredAt?.toISOString() ?? null }
}
