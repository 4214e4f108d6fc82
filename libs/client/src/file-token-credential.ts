import { type AccessToken, expiryOf, type TokenCredential } from './access-token.js'
import { TokenError } from './token-error.js'

/** What of `node:fs/promises` is used here. */
interface Files {
  readFile(path: string, encoding: 'utf8'): Promise<string>
  stat(path: string): Promise<{ mtimeMs: number; ino: number; size: number }>
}

const filesModule = 'node:fs/promises'

/**
 * A token that the platform puts in a file and replaces there, as Kubernetes does with projected service-account tokens:
 * https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#launch-a-pod-using-service-account-token-projection
 * The file is looked at for every request and read again when it has changed. Where there are files: Node, Deno, Bun.
 */
export class FileTokenCredential implements TokenCredential {
  readonly #path: string
  #held: { version: string; token: string } | undefined

  /** @throws TokenError without a path */
  constructor({ path }: { path: string }) {
    if (!path) throw new TokenError('invalid_configuration', 'path must name the file of the token.')
    this.#path = path
  }

  /** Takes no scope: the file's token has its audience already. @throws TokenError for a file without a token */
  async getToken(): Promise<AccessToken> {
    try {
      // Left to the platform: a bundler for browsers would stop at it.
      const files = (await import(/* webpackIgnore: true */ /* @vite-ignore */ filesModule)) as Files
      // Through the links by which Kubernetes swaps a whole folder at once.
      const { mtimeMs, ino, size } = await files.stat(this.#path)
      const version = `${mtimeMs} ${ino} ${size}`
      if (this.#held?.version !== version)
        this.#held = { version, token: (await files.readFile(this.#path, 'utf8')).trim() }
    } catch (cause) {
      throw new TokenError('unreachable', `The token file ${this.#path} cannot be read.`, { cause })
    }
    const { token } = this.#held
    if (token === '') throw new TokenError('no_token', `The token file ${this.#path} is empty.`)
    // Asked again at every turn: a token that was replaced may have been withdrawn.
    return { token, expiresOnTimestamp: expiryOf(token, undefined, Date.now()), refreshAfterTimestamp: 0 }
  }
}
