import { createRequire } from 'node:module'
import { setTimeout as delay } from 'node:timers/promises'

type Tokenizer = typeof import('gpt-tokenizer/encoding/o200k_base')

const require = createRequire(import.meta.url)
let tokenizer: Tokenizer | undefined

/** It is 20 MB on the heap and takes a quarter of a second; loaded at once where it is needed, for a call is settled at once. */
function load(): Tokenizer {
  if (!tokenizer) {
    tokenizer = require('gpt-tokenizer/encoding/o200k_base') as Tokenizer
    // It would keep pieces of what people wrote.
    tokenizer.setMergeCacheSize(0)
  }
  return tokenizer
}

/** How often it is looked whether nobody waits for anything. */
const lookEveryMs = 250

/**
 * Loads the tokenizer before it is needed, in moments when nobody waits: it comes in two parts, each of which holds up
 * everything for a tenth of a second. What needs it earlier loads it at once.
 * @param isIdle whether nobody would be held up
 */
export async function preloadTokenizer(isIdle: () => boolean): Promise<void> {
  for (const part of [() => require('gpt-tokenizer/bpeRanks/o200k_base') as unknown, load]) {
    do await delay(lookEveryMs, undefined, { ref: false })
    while (!isIdle() && tokenizer === undefined)
    part()
  }
}

/** Names of special tokens in a text are words like others, and no reason to fail. */
const asWords = { disallowedSpecial: new Set<string>() }

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
    tokens += load().countTokens(text.slice(start, end), asWords)
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
