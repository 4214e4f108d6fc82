import type { Logger } from '@gatehouse/platform'
import type { LoggerService } from '@nestjs/common'

/** Nest's own messages by our logger. */
export class NestLog implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(): void {}

  warn(message: unknown, context?: unknown): void {
    this.logger.warn({ context }, String(message))
  }

  /** Whatever Nest reports here it throws as well, to where it is told once and in our words. */
  error(message: unknown): void {
    this.logger.debug({ err: message }, 'Nest')
  }
}
