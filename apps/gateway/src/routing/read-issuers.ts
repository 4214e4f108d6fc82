import { readFile } from 'node:fs/promises'
import { completeIssuer, type RequiredClaim, type TrustedIssuer } from '@gatehouse/identity'
import type { FilePath, YamlFile } from '@gatehouse/platform'
import type { RoutingFile } from './file-schema.js'
import type { WrittenIssuer } from './issuer-schema.js'

/**
 * Reads the trusted issuers.
 * @param usual the one that the variables make
 * @throws ConfigError for one that is there twice, or that would let in more than the operator can mean
 */
export function readIssuers(
  { value, problem }: YamlFile<RoutingFile>,
  usual: TrustedIssuer | null,
): TrustedIssuer[] {
  const made: TrustedIssuer[] = []
  for (const [index, written] of (value.issuers ?? []).entries()) {
    const path: FilePath = ['issuers', index]
    const others = [...made, ...(usual ? [usual] : [])]
    if (others.some(({ id }) => id === written.id))
      throw problem(
        [...path, 'id'],
        `is "${written.id}", which another issuer has. Each needs a name of its own`,
      )
    for (const [at, { claim, value: wanted }] of (written.models ?? []).entries())
      if ((claim === undefined) !== (wanted === undefined))
        throw problem([...path, 'models', at], 'must have both claim and value, or neither')
    const issuer = complete(written, (sentence) => problem(path, sentence))
    const same = others.find((other) => other.issuer === issuer.issuer)
    if (same) throw problem([...path, 'issuer'], `is trusted already, as issuer ${same.id}`)
    if (issuer.introspection && made.some(({ introspection }) => introspection))
      throw problem(
        [...path, 'introspection'],
        'cannot stand at two issuers: each would be shown the opaque tokens of the other',
      )
    made.push(issuer)
  }
  return made
}

function complete(written: WrittenIssuer, problem: (sentence: string) => Error): TrustedIssuer {
  const { introspection, token_file: file, required_claims: required } = written
  try {
    return completeIssuer({
      id: written.id,
      name: written.name,
      preset: written.preset,
      issuer: written.issuer,
      audiences: written.audiences,
      algorithms: written.algorithms,
      clients: written.clients,
      idTokens: written.id_tokens,
      required: Object.entries(required ?? {}).map(
        ([claim, wanted]): RequiredClaim => ({ claim, anyOf: [wanted].flat().map(String) }),
      ),
      nameClaim: written.name_claim,
      teamClaim: written.team_claim,
      admins: written.admins,
      models: written.models?.map(({ claim, value, models }) => ({
        when: claim === undefined || value === undefined ? null : { claim, value },
        models,
      })),
      introspection: introspection && {
        clientId: introspection.client_id,
        clientSecret: introspection.client_secret,
        endpoint: introspection.endpoint,
      },
      discovery: written.discovery,
      keysAddress: written.jwks_uri,
      bearer: file === undefined ? undefined : () => readFile(file, 'utf8'),
    })
  } catch (error) {
    throw problem((error as Error).message)
  }
}
