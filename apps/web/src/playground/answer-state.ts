import type { Answer } from './conversation.ts'

/** How an answer stands, in words. */
export interface AnswerState {
  kind: 'off' | 'busy' | 'good' | 'warn' | 'bad'
  words: string
}

/** Finishing for another reason than being finished is worth a word. */
const finishes: Record<string, string> = {
  length: 'Cut at the token limit',
  content_filter: 'Cut by the content filter',
}

export function answerState(answer: Answer | undefined): AnswerState {
  switch (answer?.status) {
    case undefined:
      return { kind: 'off', words: 'Ready' }
    case 'waiting':
      return { kind: 'busy', words: 'Waiting' }
    case 'streaming':
      return { kind: 'busy', words: answer.text === '' ? 'Reasoning' : 'Answering' }
    case 'stopped':
      return { kind: 'warn', words: 'Stopped' }
    case 'failed':
      return { kind: 'bad', words: 'Failed' }
    case 'complete': {
      const cut = finishes[answer.finishReason ?? '']
      return cut ? { kind: 'warn', words: cut } : { kind: 'good', words: 'Complete' }
    }
  }
}

/** For a screen reader, once, at the end. */
export function announcement(answer: Answer | undefined): string {
  if (answer?.status === 'stopped') return 'Answer stopped'
  if (answer?.status !== 'complete') return ''
  const words = answer.text.match(/\S+/g)?.length ?? 0
  return `Answer complete, ${words} ${words === 1 ? 'word' : 'words'}`
}
