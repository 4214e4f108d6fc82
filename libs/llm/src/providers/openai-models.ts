import { text } from 'node:stream/consumers'
import type { Transport } from '@gatehouse/outbound'
import { badResponse, type FailureContext, readRetryAfter, toFailure } from '../failure.js'
import type { ListedModel } from '../provider.js'
import { firstBytes } from './capped-errors.js'
import { readOpenAiBody } from './openai-error.js'
import { isJsonObject, type JsonObject } from './openai-quirks.js'
import { type Proof, withProof } from './proof.js'

/** How a vendor's list of models differs from OpenAI's. */
export interface ListQuirks {
  /** Where it is, from the base address; behind `/models` unless told. */
  address?: (baseUrl: string) => string
  /** The models in the body; its `data` unless told. */
  models?: (body: unknown) => unknown
  /** What the vendor tells beyond OpenAI's fields, or under other names. */
  describe?: (model: JsonObject) => Partial<ListedModel>
  /** What takes further questions to find out. Its failure is the list's. */
  complete?: (models: ListedModel[], ask: Ask) => Promise<ListedModel[]>
}

/** Asks the provider for JSON, with its credential: GET, or POST where there is a body. @throws AppError */
export type Ask = (address: string, body?: object) => Promise<unknown>

/** Some aggregators list thousands of models, each with a page of description. */
const maxListBytes = 16 * 1024 * 1024

/**
 * The models of a provider of OpenAI's shape: https://platform.openai.com/docs/api-reference/models/list
 * An entry that has no name is passed over.
 * @throws AppError, or the reason of the signal
 */
export async function listOpenAiModels(
  transport: Transport,
  context: FailureContext,
  { baseUrl, headers = {}, proof }: { baseUrl: string; headers?: Record<string, string>; proof: Proof },
  { address = (base) => `${base}/models`, models = dataOf, describe, complete }: ListQuirks,
  signal: AbortSignal,
): Promise<ListedModel[]> {
  const ask = createAsk(transport, context, headers, proof, signal)
  const found = models(await ask(address(baseUrl)))
  if (!Array.isArray(found)) throw badResponse(context, undefined)
  const listed = found.flatMap((model: unknown) => {
    if (!isJsonObject(model)) return []
    const read = { ...readModel(model), ...describe?.(model) }
    return read.id ? [read] : []
  })
  return complete ? complete(listed, ask) : listed
}

function createAsk(
  transport: Transport,
  context: FailureContext,
  headers: Record<string, string>,
  proof: Proof,
  signal: AbortSignal,
): Ask {
  return async (address, body) => {
    try {
      const answer = await withProof(proof, signal, async (own) => {
        const response = await transport.request({
          method: body ? 'POST' : 'GET',
          url: address,
          headers: {
            ...headers,
            ...own,
            accept: 'application/json',
            'user-agent': 'gatehouse',
            ...(body ? { 'content-type': 'application/json' } : {}),
          },
          ...(body ? { body: JSON.stringify(body) } : {}),
          signal,
          maxResponseBytes: maxListBytes,
        })
        const { status } = response
        const said = await text(status < 400 ? response.body : firstBytes(response.body))
        return { status, said, headers: response.headers }
      })
      if (answer.status < 400) return JSON.parse(answer.said)
      throw new Refused({
        ...readOpenAiBody(answer.status, answer.said),
        retryAfterSeconds: readRetryAfter((name) => String(answer.headers[name] ?? '')),
      })
    } catch (error) {
      throw toFailure(
        error,
        context,
        (cause) => (cause instanceof Refused ? cause.answer : undefined),
        signal,
      )
    }
  }
}

class Refused extends Error {
  constructor(
    readonly answer: ReturnType<typeof readOpenAiBody> & { retryAfterSeconds: number | undefined },
  ) {
    super(`The provider answered ${answer.status}.`)
  }
}

function dataOf(body: unknown): unknown {
  return isJsonObject(body) ? body.data : undefined
}

function readModel(model: JsonObject): ListedModel {
  return {
    id: textOf(model.id) ?? '',
    created: countOf(model.created),
    ownedBy: textOf(model.owned_by),
    contextLength: countOf(model.context_length),
  }
}

/** A text that is not empty, or undefined. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A whole number above zero, or undefined. */
export function countOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : undefined
}

/** Texts of a list, or undefined where it is none. */
export function textsOf(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : undefined
}
