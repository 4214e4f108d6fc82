import type { Server } from 'node:http'

/**
 * Lets go of clients that do not read what was sent to them. Node's socket timeout counts as life only what the system
 * took of an answer, to the byte, so that a slow reader and a long stream never meet it. A socket with nothing to send
 * is left alone: its model may think for as long as it likes; a request that does not arrive has the limits of the
 * server.
 * @param afterMs during which not one byte could be sent; must not be the server's keep-alive timeout
 */
export function dropStalledReaders(server: Server, afterMs: number): void {
  server.setTimeout(afterMs, (socket) => {
    // Between requests Node sets the keep-alive timeout in place of ours, and that one always ends the connection.
    if (socket.timeout === afterMs && socket.writableLength === 0) return
    socket.destroy()
  })
}
