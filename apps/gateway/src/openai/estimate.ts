/** Characters of one token, on average over the common tokenizers and languages; good for a flagged estimate only. */
const charactersPerToken = 4

/** About how many tokens a text has; at least 1 for a text that is not empty. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / charactersPerToken)
}
