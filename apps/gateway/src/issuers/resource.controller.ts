import { ProtectedResource } from '@gatehouse/contracts'
import type { TrustedIssuers } from '@gatehouse/identity'
import { Controller, Get, Inject } from '@nestjs/common'
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import type { GatewayConfig } from '../config.js'
import { Public } from '../http/access.js'
import { CONFIG, ISSUERS } from '../tokens.js'

/** What a client without a token reads to find out where to get one: https://www.rfc-editor.org/rfc/rfc9728 */
@ApiTags('auth')
@Controller('.well-known/oauth-protected-resource')
export class ResourceController {
  constructor(
    @Inject(CONFIG) private readonly config: GatewayConfig,
    @Inject(ISSUERS) private readonly issuers: TrustedIssuers,
  ) {}

  @Get()
  @Public()
  @ApiOperation({ summary: 'Metadata of this gateway as a protected resource (RFC 9728)' })
  @ApiOkResponse({ standardSchema: ProtectedResource })
  metadata(): ProtectedResource {
    const servers = this.issuers.list().map(({ issuer }) => issuer)
    return {
      resource: this.config.publicUrl,
      resource_name: 'Gatehouse',
      // Section 3.2: a list with nothing in it is left out.
      ...(servers.length > 0 ? { authorization_servers: servers } : {}),
      bearer_methods_supported: ['header'],
      resource_documentation: `${this.config.publicUrl}/docs`,
    }
  }
}
