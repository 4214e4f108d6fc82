import type { CancelSignal } from '@gatehouse/outbound'
import type { BearerToken } from './bearer-token.js'

/** What proves us to a provider: headers that stay as they are, and a token that is renewed, sent as a bearer. */
export interface Proof {
  headers?: Readonly<Record<string, string>>
  token?: BearerToken
}

/**
 * The fetch given, for an SDK: it sends the headers named and the proof, and nothing else. An SDK adds what it runs on,
 * and what a variable of its own says, a credential too, which belongs to somebody else's program.
 *
 * A token that was refused is not used again: the request is sent once more, where there is another. A 403 says that the
 * identity may not, which no other token of it mends.
 * @param names in lower case
 */
export function provenFetch(
  names: readonly string[],
  proof: Proof,
  fetch: typeof globalThis.fetch,
): typeof globalThis.fetch {
  return async (input, init) => {
    const given = new Headers(init?.headers)
    const passed = names.flatMap((name) => {
      const value = given.get(name)
      return value === null ? [] : [[name, value] as const]
    })
    const send = (own: Record<string, string>) =>
      fetch(input, { ...init, headers: { ...Object.fromEntries(passed), ...own } })
    return withProof(proof, init?.signal ?? undefined, send)
  }
}

/**
 * Sends with the headers that prove us; once more where the token was refused and there is another.
 * @param send reads its answer whole, or what is refused keeps its connection
 */
export async function withProof<Answer extends { status: number }>(
  { headers = {}, token }: Proof,
  signal: CancelSignal | undefined,
  send: (headers: Record<string, string>) => Promise<Answer>,
): Promise<Answer> {
  if (!token) return send({ ...headers })
  const sendWith = (value: string) => send({ ...headers, authorization: `Bearer ${value}` })
  const first = await token.get(signal)
  const answer = await sendWith(first)
  if (answer.status !== 401) return answer
  token.refused(first)
  const fresh = await token.get(signal)
  return fresh === first ? answer : sendWith(fresh)
}
