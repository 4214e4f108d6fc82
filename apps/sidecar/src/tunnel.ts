import type { Socket } from 'node:net'

/** One end of a tunnel, and what was read from it before. */
interface End {
  socket: Socket
  said: Buffer
}

/**
 * Joins two sockets, at the pace of the slower one: what one says goes to the other as it comes, and an end ends both.
 * @param open holds both as long as they are
 */
export function joinSockets(one: End, other: End, open: Set<Socket>): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    const { socket } = from
    open.add(socket)
    socket.setNoDelay(true)
    // A tunnel may be silent for as long as its two ends like.
    socket.setTimeout(0)
    socket.on('error', () => to.socket.destroy())
    socket.on('close', () => {
      open.delete(socket)
      to.socket.destroy()
    })
    if (from.said.length > 0) to.socket.write(from.said)
    socket.pipe(to.socket)
  }
}
