import type { SignIn } from '@gatehouse/identity'
import { Controller, Get, Header, Inject, Query, Req, Res } from '@nestjs/common'
import { ApiExcludeController } from '@nestjs/swagger'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { GatewayConfig } from '../config.js'
import { Public } from '../http/access.js'
import type { Authenticate } from '../http/authenticate.js'
import { atOwnName } from '../http/own-name.js'
import { pageStyle } from '../http/page.js'
import { AUTHENTICATE, CONFIG, SIGN_IN } from '../tokens.js'
import { homePage, homeScript } from './page.js'

/** The plain page at `/`, until the web app takes its place. */
@ApiExcludeController()
@Public()
@Controller()
export class HomeController {
  constructor(
    @Inject(SIGN_IN) private readonly signIn: SignIn,
    @Inject(AUTHENTICATE) private readonly authenticate: Authenticate,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {}

  @Get()
  async page(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Query('sign_in_error') failure: unknown,
    @Query('link_error') linkFailure: unknown,
  ): Promise<void> {
    const rightful = atOwnName(request, this.config)
    if (rightful) return void (await reply.redirect(rightful, 302))
    const caller = await Promise.try(this.authenticate, request.raw).catch(() => null)
    const page = homePage({
      person: caller && { name: caller.principal.name ?? caller.principal.email ?? 'you' },
      providers: this.signIn.list().filter(({ browser }) => browser),
      failure: typeof failure === 'string' ? failure : undefined,
      linkFailure: typeof linkFailure === 'string' ? linkFailure : undefined,
    })
    await reply.type('text/html; charset=utf-8').header('cache-control', 'no-store').send(page)
  }

  @Get('home.css')
  @Header('content-type', 'text/css; charset=utf-8')
  style(): string {
    return pageStyle
  }

  @Get('home.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  script(): string {
    return homeScript
  }
}
