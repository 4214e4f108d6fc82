import { AppError } from '@gatehouse/contracts'
import type { FastifyRequest } from 'fastify'

/** What of a request its provider could not be told: a header, or a refusal where the caller wants all or nothing. */
export class Dropped {
  private names: readonly string[] = []

  constructor(private readonly request: FastifyRequest) {}

  /** @throws AppError `unsupported_parameter` where `x-gatehouse-strict` is `true` */
  readonly note = (names: readonly string[]): void => {
    this.names = names
    if (names.length === 0 || this.request.headers['x-gatehouse-strict'] !== 'true') return
    throw new AppError('unsupported_parameter', {
      ...(names[0] === undefined ? {} : { param: names[0] }),
      message: `The provider cannot take ${names.join(', ')}. Leave that out of the request, or x-gatehouse-strict to have it dropped.`,
    })
  }

  /** As a flat pair; empty where nothing was left out. */
  header(): string[] {
    return this.names.length === 0 ? [] : ['x-gatehouse-dropped', this.names.join(', ')]
  }
}
