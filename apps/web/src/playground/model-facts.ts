import type { CatalogModel } from '@gatehouse/contracts'
import { short, usd } from '../ui/format.ts'

/** `128K · $0.15 in, $0.60 out`; what is unknown is left out, since a list of dashes says nothing. */
export function factsOfModel({ context_length, price, status, alias, candidates }: CatalogModel): string {
  const facts: string[] = []
  if (status === 'degraded') facts.push('degraded')
  if (alias)
    facts.push(
      `alias of ${candidates[0] ?? 'nothing'}${candidates.length > 1 ? ` and ${candidates.length - 1} more` : ''}`,
    )
  if (context_length !== null) facts.push(`${short(context_length)} context`)
  if (price) facts.push(`${usd(price.input_usd_per_million)} in, ${usd(price.output_usd_per_million)} out`)
  else if (!alias) facts.push('price unknown')
  return facts.join(' · ')
}

/** The same for where there is little room: `128K · $0.15 / $0.60`. */
export function shortFacts({ context_length, price, status, alias, candidates }: CatalogModel): string {
  if (alias) return `alias of ${candidates[0] ?? 'nothing'}`
  return [
    status === 'degraded' ? 'degraded' : '',
    context_length === null ? '' : short(context_length),
    price ? `${usd(price.input_usd_per_million)} / ${usd(price.output_usd_per_million)}` : 'price unknown',
  ]
    .filter(Boolean)
    .join(' · ')
}
