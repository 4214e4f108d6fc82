/** Takes one line of progress. `warn`: someone should look; `error`: the database is gone. Never holds a secret. */
export type Say = (message: string, level: 'info' | 'warn' | 'error') => void
