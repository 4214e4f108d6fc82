import { type DynamicModule, Module, type Provider } from '@nestjs/common'
import { APP_FILTER, APP_GUARD } from '@nestjs/core'
import { AuditController } from './admin/audit.controller.js'
import { CredentialsController } from './admin/credentials.controller.js'
import { AdminProvidersController } from './admin/providers.controller.js'
import { ServiceAccountsController } from './admin/service-accounts.controller.js'
import { StatusController } from './admin/status.controller.js'
import { AdminUsersController } from './admin/users.controller.js'
import { AuthController } from './auth/auth.controller.js'
import { BrowserController } from './auth/browser.controller.js'
import { CallsController } from './calls/calls.controller.js'
import { HealthController } from './health/health.controller.js'
import { HistoryController } from './history/history.controller.js'
import { BearerGuard } from './http/bearer.guard.js'
import { BearerStrategy } from './http/bearer.strategy.js'
import { Entry } from './http/entry.js'
import { ErrorFilter } from './http/error.filter.js'
import { IssuersController } from './issuers/issuers.controller.js'
import { ResourceController } from './issuers/resource.controller.js'
import { KeysController } from './keys/keys.controller.js'
import { CatalogController } from './models/catalog.controller.js'
import { PresetsController } from './presets/presets.controller.js'
import { AdminUsageController } from './usage/admin-usage.controller.js'
import { UsageController } from './usage/usage.controller.js'
import { MeController } from './users/me.controller.js'

/** Every face. */
export const controllers = [
  HealthController,
  // The fixed paths of /auth before those with a provider's name in them.
  AuthController,
  BrowserController,
  MeController,
  CallsController,
  CatalogController,
  HistoryController,
  UsageController,
  PresetsController,
  KeysController,
  AdminUsersController,
  ServiceAccountsController,
  CredentialsController,
  AdminProvidersController,
  AuditController,
  StatusController,
  IssuersController,
  ResourceController,
  AdminUsageController,
]

/** All wiring: what the boot has made comes in as `services`, by the tokens of `tokens.ts`. */
@Module({})
export class AppModule {
  static with(services: Provider[]): DynamicModule {
    return {
      module: AppModule,
      controllers,
      providers: [
        ...services,
        Entry,
        BearerStrategy,
        { provide: APP_GUARD, useClass: BearerGuard },
        { provide: APP_FILTER, useClass: ErrorFilter },
      ],
    }
  }
}
