import { sentenceOf } from '../api/api-error.ts'

/** The list of messages comes with the first of them. */
const say = async (message: string, bad: boolean): Promise<void> => {
  const { show } = await import('./toasts.tsx')
  show(message, bad)
}

/** Says in passing that something was done. */
export const done = (message: string): void => void say(message, false)

/** Says in passing what did not work, in words of our own. */
export const refused = (message: string): void => void say(message, true)

/** Says in passing that something was not. */
export const failed = (error: unknown): void => void say(sentenceOf(error), true)
