import type { IncomingMessage } from 'node:http'
import { Injectable } from '@nestjs/common'
import { PassportStrategy } from '@nestjs/passport'
import { Strategy } from 'passport'
import type { Authenticate } from './authenticate.js'

/** Name under which passport knows the strategy. */
export const strategyName = 'gatehouse'

/**
 * passport's face of `authenticate`. passport keeps strategies per process, so this one holds nothing: the function
 * comes with each request from the guard of the application that serves it.
 */
@Injectable()
export class BearerStrategy extends PassportStrategy(Strategy, strategyName) {
  override authenticate(request: unknown, options: { with?: Authenticate } = {}): void {
    if (!options.with) throw new Error('the guard gave no authenticate function')
    const asked = request as { raw: IncomingMessage; ip: string }
    Promise.try(options.with, asked.raw, asked).then(
      (caller) => this.success(caller),
      (error: unknown) => this.error(error),
    )
  }

  /** Asked for by the mixin; never called, since `authenticate` is ours. */
  validate(): never {
    throw new Error('not reached')
  }
}
