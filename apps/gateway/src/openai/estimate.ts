import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { O200K_TOKEN_SPLIT_REGEX as words } from 'gpt-tokenizer/encodingParams/constants'
import { BytePairs } from './byte-pairs.js'

/** Of OpenAI's present models. Read at the start: later it would hold up a call. */
const o200k = new BytePairs(
  readFileSync(fileURLToPath(import.meta.resolve('gpt-tokenizer/data/o200k_base.tiktoken'))),
)

/** Characters that are counted; of a longer text, as many, spread over it. */
const maxCounted = 16_000
const sampleLength = 1_000

/** The time that a word takes grows with the square of its length: one of 100,000 letters would hold up every call for half a minute. */
const pieceLength = 256

/**
 * About how many tokens a text has, by the tokenizer of OpenAI's present models (o200k_base); others count up to a third
 * more or less. Where no provider told, and flagged then. At least 1 for a text that is not empty.
 */
export function estimateTokens(text: string): number {
  if (text.length <= maxCounted) return count(text)
  const samples = maxCounted / sampleLength
  const step = (text.length - sampleLength) / (samples - 1)
  let tokens = 0
  for (let index = 0; index < samples; index++) {
    const start = Math.floor(index * step)
    tokens += count(text.slice(start, start + sampleLength))
  }
  return Math.ceil((tokens * text.length) / maxCounted)
}

function count(text: string): number {
  let tokens = 0
  for (let start = 0; start < text.length; ) {
    const end = endOfPiece(text, start)
    for (const [word] of text.slice(start, end).matchAll(words)) tokens += o200k.count(word)
    start = end
  }
  return tokens
}

/** Before a space, where there is one in the second half: a token begins there. */
function endOfPiece(text: string, start: number): number {
  const end = start + pieceLength
  if (end >= text.length) return text.length
  const space = text.lastIndexOf(' ', end)
  return space > start + pieceLength / 2 ? space : end
}
