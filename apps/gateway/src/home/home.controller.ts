import type { SignIn } from '@gatehouse/identity'
import { Controller, Get, Header, Inject, Query, Req, Res } from '@nestjs/common'
import { ApiExcludeController } from '@nestjs/swagger'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Public } from '../http/access.js'
import type { Authenticate } from '../http/authenticate.js'
import { AUTHENTICATE, SIGN_IN } from '../tokens.js'
import { homePage, homeScript, homeStyle } from './page.js'

/** The plain page at `/`, until the web app takes its place. */
@ApiExcludeController()
@Public()
@Controller()
export class HomeController {
  constructor(
    @Inject(SIGN_IN) private readonly signIn: SignIn,
    @Inject(AUTHENTICATE) private readonly authenticate: Authenticate,
  ) {}

  @Get()
  async page(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Query('sign_in_error') failure: unknown,
  ): Promise<string> {
    const caller = await this.authenticate(request.raw).catch(() => null)
    void reply.type('text/html; charset=utf-8').header('cache-control', 'no-store')
    return homePage({
      person: caller && { name: caller.principal.name ?? caller.principal.email ?? 'you' },
      providers: this.signIn.list().filter(({ browser }) => browser),
      failure: typeof failure === 'string' ? failure : undefined,
    })
  }

  @Get('home.css')
  @Header('content-type', 'text/css; charset=utf-8')
  style(): string {
    return homeStyle
  }

  @Get('home.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  script(): string {
    return homeScript
  }
}
