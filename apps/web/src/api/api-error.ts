/** Why a call to the gateway failed, in the words that it gave. */
export class ApiError extends Error {
  constructor(
    message: string,
    /** HTTP status; 0 where no answer came. */
    readonly status: number,
    /** Of the table of error codes; null where no answer came. */
    readonly code: string | null,
    /** The field that is wrong. */
    readonly param: string | null,
    /** For asking the operator about it. */
    readonly requestId: string | null,
  ) {
    super(message)
    this.name = 'ApiError'
  }
}

/** The envelope of an error, as far as it is one. */
export function errorOf(status: number, text: string, requestId: string | null): ApiError {
  let message = `The server answered with status ${status}.`
  let code: string | null = null
  let param: string | null = null
  try {
    const { error } = JSON.parse(text) as {
      error?: { message?: unknown; code?: unknown; param?: unknown }
    }
    if (typeof error?.message === 'string') message = error.message
    if (typeof error?.code === 'string') code = error.code
    if (typeof error?.param === 'string') param = error.param
  } catch {
    // A proxy in between may answer with a page of its own.
  }
  return new ApiError(message, status, code, param, requestId)
}

/** Where nothing came back. */
export const unreachable = () =>
  new ApiError('The gateway cannot be reached. Check your connection, then try again.', 0, null, null, null)

/** Where nothing may be asked any more. */
export const otherAccount = () =>
  new ApiError('Somebody else is signed in now. Reload the page to go on as them.', 0, null, null, null)

/** What went wrong, for people. */
export const sentenceOf = (error: unknown): string =>
  error instanceof ApiError ? error.message : 'Something went wrong in this page. Reload it, then try again.'
